import type { DBInstance, DBSnapshot } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { DatabaseServers } from "./database-servers.ts";

/** Gives snapshots their data: copies of what is in the instances' databases. */
export class DatabaseSnapshots {
  readonly #world: World;
  readonly #servers: DatabaseServers;
  /** Copies under way, by the name of the data. */
  readonly #copies = new Map<string, Promise<void>>();

  constructor(world: World, servers: DatabaseServers) {
    this.#world = world;
    this.#servers = servers;
  }

  /**
   * Copies an instance's data for each of its snapshots that has none yet. Answers whether all of them survive the
   * instance's end now; a snapshot that could not be made has failed.
   */
  async copy(region: Region, instance: DBInstance): Promise<boolean> {
    const wanted = unfinished(region, instance);
    for (const snapshot of wanted) await this.#copyOnce(region, instance, snapshot);
    return wanted.every(({ DBSnapshotIdentifier: id }) => region.rds.dbSnapshots.get(id)?.Status !== "failed");
  }

  /** The snapshots of an instance that have their data can be used from now on. */
  finish({ rds }: Region, instance: DBInstance): void {
    for (const { DBSnapshotIdentifier, hidden } of rds.dbSnapshots.filter((one) => isUnfinished(one, instance))) {
      if (!hidden.isCopied) continue;
      rds.dbSnapshots.update(DBSnapshotIdentifier, (draft) => {
        draft.Status = "available";
        draft.PercentProgress = 100;
      });
    }
  }

  #copyOnce(region: Region, instance: DBInstance, snapshot: DBSnapshot): Promise<void> {
    const { data } = snapshot.hidden;
    const copy = this.#copies.get(data) ?? this.#copy(region, instance, snapshot);
    this.#copies.set(data, copy);
    return copy.finally(() => this.#copies.delete(data));
  }

  async #copy(region: Region, instance: DBInstance, snapshot: DBSnapshot): Promise<void> {
    const { DBSnapshotIdentifier: id, hidden } = snapshot;
    try {
      await this.#servers.copy(region, instance, hidden.data);
      region.rds.dbSnapshots.update(id, (draft) => {
        draft.hidden.isCopied = true;
      });
      // Before the original goes it must be known that this is a copy of it.
      await this.#world.flush();
    } catch (error) {
      const { message, next } = error as Error & { next?: string };
      console.error(`The snapshot ${id} of the database ${instance.DBInstanceIdentifier} failed.`, message, next);
      region.rds.dbSnapshots.update(id, (draft) => {
        draft.Status = "failed";
      });
    }
  }
}

function unfinished({ rds }: Region, instance: DBInstance): DBSnapshot[] {
  return rds.dbSnapshots.filter((one) => isUnfinished(one, instance) && !one.hidden.isCopied);
}

function isUnfinished({ Status, DbiResourceId }: DBSnapshot, instance: DBInstance): boolean {
  return Status === "creating" && DbiResourceId === instance.DbiResourceId;
}
