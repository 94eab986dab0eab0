import { storageSpeed } from "../world/catalogue/database-storage.ts";
import { newSnapshot } from "../world/rds/snapshots.ts";
import type { DBInstance, DBSnapshot } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { type DatabaseServers, isServing } from "./database-servers.ts";
import { DatabaseSnapshots } from "./database-snapshots.ts";

/** Days after which an instance that was stopped starts by itself. (rds:StopDBInstance) */
const STOPPED_DAYS = 7;

/** Takes database instances from state to state; behind those that serve stands a real server. */
export function controlDatabases(world: World, servers: DatabaseServers): void {
  const snapshots = new DatabaseSnapshots(world, servers);
  const states: Readonly<Record<string, (region: Region, instance: DBInstance) => void>> = {
    creating: (region, instance) => {
      if (instance.Endpoint) next(region, instance, world.later("database created"), created);
      else next(region, instance, world.later("database endpoint"), giveEndpoint, restored(region, instance));
    },
    "backing-up": (region, instance) => {
      next(region, instance, world.later("database backed up"), backedUp, snapshots.copy(region, instance));
    },
    available: (region, instance) => {
      if (instance.hidden.isApplying) {
        next(region, instance, world.later("database modification begins"), to("modifying"));
      }
    },
    modifying: (region, instance) => {
      const isDown = restarts(instance) ? servers.stop(instance) : undefined;
      next(region, instance, world.later("database modified"), apply, isDown);
    },
    "storage-optimization": (region, instance) => {
      if (instance.hidden.isApplying) {
        next(region, instance, world.later("database modification begins"), to("modifying"));
      } else next(region, instance, world.later("database storage optimized"), to("available"));
    },
    stopping: (region, instance) => {
      const isDown = snapshots.copy(region, instance).then(() => servers.stop(instance));
      next(region, instance, world.later("database stopped"), stopped, isDown);
    },
    stopped: (region, instance) => {
      if (instance.AutomaticRestartTime) next(region, instance, instance.AutomaticRestartTime, to("starting"));
    },
    starting: (region, instance) => next(region, instance, world.later("database started"), started),
    rebooting: (region, instance) => {
      next(region, instance, world.later("database rebooted"), to("available"), servers.stop(instance));
    },
    deleting: (region, instance) => {
      next(region, instance, world.later("database deleted"), forget, removed(region, instance));
    },
  };

  /** Goes on at a time, and not before `done`, if the instance is then still in this state. */
  function next<Result>(
    region: Region,
    { DBInstanceIdentifier, DbiResourceId, DBInstanceStatus }: DBInstance,
    at: Date,
    action: (region: Region, instance: DBInstance, result: Awaited<Result>) => void,
    done?: Promise<Result>,
  ): void {
    if (done) world.clock.hold(done);
    world.at(at, () => {
      world.background(async () => {
        const result = (await done) as Awaited<Result>;
        const instance = region.rds.dbInstances.get(DBInstanceIdentifier);
        if (instance?.DbiResourceId === DbiResourceId && instance.DBInstanceStatus === DBInstanceStatus) {
          action(region, instance, result);
        }
      });
    });
  }

  function to(status: string): (region: Region, instance: DBInstance) => void {
    return (region, { DBInstanceIdentifier }) =>
      void region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
        draft.DBInstanceStatus = status;
      });
  }

  /** Puts the data of a snapshot in their place, and its PostgreSQL on this computer; answers whether they, or none, are there. */
  async function restored(region: Region, instance: DBInstance): Promise<boolean> {
    const { DBInstanceIdentifier: id, hidden } = instance;
    try {
      if (hidden.restoresFrom !== undefined) await servers.restore(hidden.restoresFrom, instance);
      await servers.prepare(region, instance);
      return true;
    } catch (error) {
      const { message, next } = error as Error & { next?: string };
      console.error(`The database ${id} could not be restored.`, message, next);
      return false;
    }
  }

  /** The endpoint is there before the instance is; its address on this computer is chosen with it. */
  function giveEndpoint(region: Region, instance: DBInstance, isRestored: boolean): void {
    const { DBInstanceIdentifier } = instance;
    if (!isRestored) return void to("restore-error")(region, instance);
    region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
      draft.Endpoint = { ...draft.hidden.endpoint };
      draft.InstanceCreateTime = world.now();
      draft.hidden.address = servers.freeAddress();
      draft.PendingModifiedValues = {};
      delete draft.hidden.restoresFrom;
    });
  }

  function created(region: Region, instance: DBInstance): void {
    if (instance.BackupRetentionPeriod === 0) return void to("available")(region, instance);
    const time = world.now().toISOString().slice(0, 16).replace(/[T:]/g, "-");
    const identifier = `rds:${instance.DBInstanceIdentifier}-${time}`;
    const tags = instance.CopyTagsToSnapshot ? instance.TagList : [];
    region.rds.dbSnapshots.put(newSnapshot(world, region, instance, { identifier, type: "automated", tags }));
    to("backing-up")(region, instance);
  }

  function backedUp(region: Region, instance: DBInstance): void {
    snapshots.finish(region, instance);
    to("available")(region, instance);
  }

  function stopped(region: Region, instance: DBInstance): void {
    snapshots.finish(region, instance);
    region.rds.dbInstances.update(instance.DBInstanceIdentifier, (draft) => {
      draft.DBInstanceStatus = "stopped";
      draft.AutomaticRestartTime = new Date(world.now().getTime() + STOPPED_DAYS * 86_400_000);
    });
  }

  function started(region: Region, { DBInstanceIdentifier }: DBInstance): void {
    region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
      draft.DBInstanceStatus = "available";
      delete draft.AutomaticRestartTime;
    });
  }

  function apply(region: Region, { DBInstanceIdentifier }: DBInstance): void {
    region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
      const { MasterUserPassword, Port, AllocatedStorage, StorageType, ...rest } = draft.PendingModifiedValues;
      const { DBInstanceClass, BackupRetentionPeriod, EngineVersion } = rest;
      Object.assign(draft, defined({ DBInstanceClass, BackupRetentionPeriod, EngineVersion }));
      Object.assign(draft, defined({ AllocatedStorage, StorageType }));
      if (AllocatedStorage !== undefined || StorageType !== undefined) setSpeed(draft);
      if (Port !== undefined) draft.hidden.endpoint.Port = Port;
      if (MasterUserPassword !== undefined) draft.hidden.passwordIsNew = true;
      draft.Endpoint = { ...draft.hidden.endpoint };
      draft.PendingModifiedValues = {};
      draft.hidden.isApplying = false;
      const isStorage = AllocatedStorage !== undefined || StorageType !== undefined;
      draft.DBInstanceStatus = isStorage ? "storage-optimization" : "available";
    });
  }

  /** Deletes the data once every snapshot that is still to be made of them is there; answers whether it did. */
  async function removed(region: Region, instance: DBInstance): Promise<boolean> {
    if (!(await snapshots.copy(region, instance))) return false;
    await servers.remove(instance);
    return true;
  }

  /** Its automated snapshots go with it; whose final one failed stays. */
  function forget(region: Region, instance: DBInstance, isRemoved: boolean): void {
    if (!isRemoved) return void to("available")(region, instance);
    snapshots.finish(region, instance);
    const { DBInstanceIdentifier, DbiResourceId, hidden } = instance;
    for (const one of region.rds.dbSnapshots.all()) {
      if (one.DbiResourceId !== DbiResourceId || one.SnapshotType !== "automated") continue;
      region.rds.dbSnapshots.put({ ...one, Status: "deleting" });
    }
    region.ec2.networkInterfaces.delete(hidden.networkInterfaceId);
    region.rds.dbInstances.delete(DBInstanceIdentifier);
  }

  const react = (region: Region, instance: DBInstance) => states[instance.DBInstanceStatus]?.(region, instance);
  world.watch("rds", "dbInstances", (region, { before, after }) => {
    if (!after) return;
    if (isServing(after) || (before && isServing(before))) world.background(() => servers.refresh(region, after));
    const isSame = before?.DbiResourceId === after.DbiResourceId && phaseOf(before) === phaseOf(after);
    if (!isSame) react(region, after);
  });
  const reactToSnapshot = (region: Region, { DBSnapshotIdentifier, Status, hidden }: DBSnapshot) => {
    if (Status !== "deleting") return;
    const gone = servers.removeCopy(hidden.data);
    world.clock.hold(gone);
    world.at(world.later("database snapshot deleted"), () =>
      world.background(async () => {
        await gone;
        region.rds.dbSnapshots.delete(DBSnapshotIdentifier);
      }),
    );
  };
  world.watch("rds", "dbSnapshots", (region, { before, after }) => {
    if (after && before?.Status !== after.Status) reactToSnapshot(region, after);
  });
  for (const region of world.regions()) {
    for (const snapshot of region.rds.dbSnapshots.all()) reactToSnapshot(region, snapshot);
    for (const instance of region.rds.dbInstances.all()) {
      if (isServing(instance)) world.background(() => servers.refresh(region, instance));
      react(region, instance);
    }
  }
}

/** Whatever, when it changes, makes an instance go on. */
function phaseOf({ DBInstanceStatus, Endpoint, hidden }: DBInstance): string {
  return `${DBInstanceStatus} ${DBInstanceStatus === "creating" && Endpoint !== undefined} ${hidden.isApplying}`;
}

/** Whether what is pending is applied by a restart. (RDS User Guide, "Settings for DB instances") */
function restarts({ PendingModifiedValues: { DBInstanceClass, EngineVersion, Port } }: DBInstance): boolean {
  return (DBInstanceClass ?? EngineVersion ?? Port) !== undefined;
}

function defined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;
}

function setSpeed(draft: DBInstance): void {
  delete draft.Iops;
  delete draft.StorageThroughput;
  Object.assign(draft, storageSpeed(draft.StorageType, draft.AllocatedStorage));
}
