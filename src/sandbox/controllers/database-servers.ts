import { existsSync, mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Authorities } from "../plane/authorities.ts";
import type { Certificate } from "../plane/certificate.ts";
import type { Chosen, PostgresServer } from "../plane/postgres.ts";
import { freeDatabaseAddress, type Loopback } from "../world/addresses.ts";
import type { DBInstance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { openDoor } from "./database-door.ts";
import type { Forward } from "./forward.ts";
import type { HostNames } from "./host-names.ts";

/** Folders that the databases keep their things in. */
export interface DatabaseFolders {
  /** The databases, a folder each. Absent: a temporary one, deleted at the end. */
  readonly databases?: string | undefined;
  /** What all of them share, and can be made again. Absent: beside them. */
  readonly cache?: string | undefined;
}

/** Where the databases are kept beside a world's state. */
export function databasesFolder(state: string): string {
  return join(state, "databases");
}

const DAY_MS = 86_400_000;

/** A server gets a new certificate whenever it starts; this is the longest that clients on macOS take. */
const CERTIFICATE_DAYS = 825;

/** Statuses in which an instance takes connections. */
const SERVING = ["backing-up", "available", "modifying", "storage-optimization"];

/** Whether an instance takes connections. */
export function isServing({ DBInstanceStatus, Endpoint, hidden }: DBInstance): boolean {
  return SERVING.includes(DBInstanceStatus) && Endpoint !== undefined && hidden.address !== undefined;
}

function majorOf({ EngineVersion }: DBInstance): string {
  return EngineVersion.split(".")[0] ?? "";
}

interface Surroundings {
  readonly folders: DatabaseFolders;
  readonly loopback: Loopback;
  readonly names: HostNames;
  readonly authorities: Authorities;
}

/** The PostgreSQL servers behind the database instances. */
export class DatabaseServers {
  readonly #world: World;
  readonly #surroundings: Surroundings;
  /** By resource id. */
  readonly #servers = new Map<string, DatabaseServer>();
  #temporary: string | undefined;
  #closed = false;

  constructor(world: World, surroundings: Surroundings) {
    this.#world = world;
    this.#surroundings = surroundings;
  }

  /** An address of this computer for a new instance. */
  freeAddress(): string {
    return freeDatabaseAddress(this.#world.regions(), this.#surroundings.loopback);
  }

  /** Where clients of this computer reach an instance, as `host:port`; undefined: it lets nobody in at the moment. */
  reachedAt({ DbiResourceId }: DBInstance): string | undefined {
    return this.#servers.get(DbiResourceId)?.reachedAt;
  }

  /** Lets clients in, or not any more, as the instance now is. */
  async refresh(region: Region, instance: DBInstance): Promise<void> {
    if (this.#closed) return;
    const isNew = !this.#servers.has(instance.DbiResourceId);
    const server = this.#serverOf(region, instance);
    if (isNew) await this.#endOrphan(instance.DbiResourceId);
    await server.refresh();
  }

  #serverOf(region: Region, { DBInstanceIdentifier, DbiResourceId }: DBInstance): DatabaseServer {
    const paths = () => this.#paths(DbiResourceId);
    const server =
      this.#servers.get(DbiResourceId) ?? new DatabaseServer(region, DBInstanceIdentifier, this.#surroundings, paths);
    this.#servers.set(DbiResourceId, server);
    return server;
  }

  /** A sandbox that was killed leaves its servers running. */
  async #endOrphan(resourceId: string): Promise<void> {
    if (this.#surroundings.folders.databases === undefined) return;
    const { folder, cache } = this.#paths(resourceId);
    if (!existsSync(folder)) return;
    const { stopOrphanedPostgres } = await import("../plane/postgres.ts");
    await stopOrphanedPostgres(folder, cache);
  }

  /** Ends the server of an instance; its data stay. The next client starts it again, if the instance lets one in. */
  async stop({ DbiResourceId }: DBInstance): Promise<void> {
    await this.#servers.get(DbiResourceId)?.stop();
  }

  /**
   * Makes a copy of what is in an instance's database, under a name of its own. The server is ended for it, and started
   * again by the next client, who waits meanwhile: of a server that runs PostgreSQL's files are not to be copied.
   */
  async copy(region: Region, instance: DBInstance, name: string): Promise<void> {
    await this.#serverOf(region, instance).copyTo(this.#paths(name).folder);
  }

  /** Fetches the PostgreSQL of an instance that is being made, if it is not here; what fails is told to its first client. */
  async prepare(region: Region, instance: DBInstance): Promise<void> {
    const { isInstalled } = await import("../plane/postgres.ts");
    if (isInstalled(majorOf(instance))) return;
    await this.#serverOf(region, instance)
      .choose()
      .catch(() => {});
  }

  /** Makes a copy the data of an instance that has not been started yet. */
  async restore(name: string, { DbiResourceId }: DBInstance): Promise<void> {
    const { folder, cache } = this.#paths(DbiResourceId);
    await copyDatabase(this.#paths(name).folder, folder, cache);
  }

  /** Deletes a copy. */
  async removeCopy(name: string): Promise<void> {
    const { folder, cache } = this.#paths(name);
    await removeDatabase(folder, cache);
  }

  /** Deletes the server of an instance with all its data. */
  async remove(instance: DBInstance): Promise<void> {
    await this.#servers.get(instance.DbiResourceId)?.close();
    this.#servers.delete(instance.DbiResourceId);
    if (this.#surroundings.folders.databases === undefined && this.#temporary === undefined) return;
    const { folder, cache } = this.#paths(instance.DbiResourceId);
    await removeDatabase(folder, cache);
  }

  /** Ends all servers and deletes what was only temporary. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
    const folder = this.#temporary;
    if (folder === undefined) return;
    await removeAll(folder, join(folder, "cache"));
    await rm(folder, { recursive: true, force: true });
  }

  #paths(resourceId: string): { folder: string; cache: string } {
    const { databases, cache } = this.#surroundings.folders;
    if (databases !== undefined) {
      return { folder: join(databases, resourceId), cache: cache ?? join(databases, "..", "cache") };
    }
    this.#temporary ??= mkdtempSync(join(tmpdir(), "bia-sandbox-"));
    return { folder: join(this.#temporary, resourceId), cache: cache ?? join(this.#temporary, "cache") };
  }
}

/**
 * The server behind one instance. Its port is listened on as soon as the instance takes connections, but PostgreSQL itself
 * is set up and started by the first client: that takes a second or two of a processor, and most databases of tests, and
 * of people who look at plans, are never connected to. A port that is listened on costs a tenth of a millisecond.
 */
class DatabaseServer {
  readonly #region: Region;
  readonly #identifier: string;
  readonly #names: HostNames;
  readonly #authorities: Authorities;
  readonly #paths: () => { folder: string; cache: string };
  #door: { forward: Forward; port: number; name: string } | undefined;
  #server: PostgresServer | undefined;
  #chosen: Chosen | undefined;
  /** What was asked before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    region: Region,
    identifier: string,
    { names, authorities }: Surroundings,
    paths: () => { folder: string; cache: string },
  ) {
    this.#region = region;
    this.#identifier = identifier;
    this.#names = names;
    this.#authorities = authorities;
    this.#paths = paths;
  }

  get reachedAt(): string | undefined {
    return this.#door && `${this.#door.forward.address}:${this.#door.forward.port}`;
  }

  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const instance = this.#instance();
      const isOpen = instance !== undefined && isServing(instance);
      if (this.#door && (!isOpen || this.#door.port !== instance.Endpoint?.Port)) await this.#shut();
      if (!isOpen) return;
      await this.#open(instance);
    });
  }

  copyTo(copy: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      const { folder, cache } = this.#paths();
      await copyDatabase(folder, copy, cache);
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  /** The PostgreSQL that it is to have; the sandbox's log says if it is another one than its version names. */
  async choose(): Promise<Chosen> {
    this.#chosen ??= await this.#choose();
    return this.#chosen;
  }

  async #choose(): Promise<Chosen> {
    const instance = this.#instance();
    if (!instance) throw new Error("the database is gone");
    const { folder, cache } = this.#paths();
    const { choosePostgres } = await import("../plane/postgres.ts");
    const chosen = await choosePostgres(majorOf(instance), cache, folder);
    const { version, instead } = chosen;
    if (instead) {
      const other = `runs PostgreSQL ${version} instead of ${instance.EngineVersion}.`;
      console.error(`The database ${this.#identifier} (${this.#region.name}) ${other}`, instead.message, instead.next);
    }
    return chosen;
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#shut();
      await this.#end();
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  #instance(): DBInstance | undefined {
    return this.#region.rds.dbInstances.get(this.#identifier);
  }

  async #open({ hidden, Endpoint, VpcSecurityGroups }: DBInstance): Promise<void> {
    const { Address: name = "", Port: port = 0 } = Endpoint ?? {};
    const { address = "127.0.0.1", networkInterfaceId } = hidden;
    this.#door ??= { forward: await this.#listen(address, port), port, name };
    const { forward: door } = this.#door;
    this.#names.set(name, {
      region: this.#region.name,
      address: this.#region.ec2.networkInterfaces.get(networkInterfaceId)?.PrivateIpAddress ?? "",
      securityGroups: VpcSecurityGroups.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId),
      ports: new Map([[port, { host: door.address, port: door.port }]]),
    });
  }

  /** At another port where this one is taken: containers find it by its name, whatever it is. */
  async #listen(address: string, port: number): Promise<Forward> {
    const behind = {
      start: () => this.#inTurn(async () => (await this.#started()).port).catch((error) => this.#failed(error)),
      certificate: () => this.#certificate(),
    };
    try {
      return await openDoor(address, port, behind);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (!["EADDRINUSE", "EACCES"].includes(code)) throw error;
      return openDoor(address, 0, behind);
    }
  }

  /** The client is told, and so is the sandbox's log, where its standard error goes. */
  #failed(error: Error & { next?: string }): never {
    console.error(
      `The database ${this.#identifier} (${this.#region.name}) cannot be reached.`,
      error.message,
      error.next,
    );
    throw error;
  }

  async #shut(): Promise<void> {
    const door = this.#door;
    this.#door = undefined;
    if (!door) return;
    this.#names.delete(door.name);
    await door.forward.close();
  }

  /** The server, started if need be; anew for a new password, which it can only be given while it does not run. */
  async #started(): Promise<PostgresServer> {
    if (this.#instance()?.hidden.passwordIsNew) await this.#end();
    if (this.#server) return this.#server;
    const server = await this.#start();
    this.#server = server;
    // After a crash the next client starts it again.
    server.exited.then(() => {
      if (this.#server === server) this.#server = undefined;
    });
    return server;
  }

  async #start(): Promise<PostgresServer> {
    const instance = this.#instance();
    if (!instance?.Endpoint?.Address) throw new Error("the database is gone");
    const { MasterUsername: user, DBName: database = "postgres", hidden } = instance;
    const { password, passwordIsNew } = hidden;
    const { startPostgres } = await import("../plane/postgres.ts");
    const { major } = await this.choose();
    // As parameter groups of PostgreSQL 15 and later have it: rds.force_ssl = 1.
    const tls = { ...(await this.#certificate()), required: Number(major) >= 15 };
    const server = await startPostgres({
      ...this.#paths(),
      major,
      model: "rds",
      user,
      password,
      database,
      tls,
      setPassword: passwordIsNew,
    });
    if (passwordIsNew && this.#instance()?.hidden.password === password) {
      this.#region.rds.dbInstances.update(this.#identifier, (draft) => {
        draft.hidden.passwordIsNew = false;
      });
    }
    return server;
  }

  /** Also for its addresses here, for clients that cannot look its name up. */
  async #certificate(): Promise<Certificate> {
    const { Endpoint, hidden } = this.#instance() ?? {};
    const names = [Endpoint?.Address, hidden?.address, "127.0.0.1"].filter((name) => name !== undefined);
    const from = new Date(Date.now() - DAY_MS);
    const until = new Date(from.getTime() + CERTIFICATE_DAYS * DAY_MS);
    const { key, certificate, chain } = await this.#authorities.issue({ names: [...new Set(names)], from, until });
    return { key, certificate: certificate + chain };
  }

  async #end(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }
}

/** Deletes all databases that are kept beside a world's state; no sandbox may use them at this time. */
export async function removeDatabases(state: string, cache: string): Promise<void> {
  await removeAll(databasesFolder(state), cache);
}

async function removeAll(folder: string, cache: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (name !== "cache") await removeDatabase(join(folder, name), cache);
}

/** Not only the folder, because not all data need to be in it (see `PostgresOptions`). */
async function removeDatabase(folder: string, cache: string): Promise<void> {
  if (!existsSync(folder)) return;
  const { removePostgres } = await import("../plane/postgres.ts");
  await removePostgres(folder, cache);
}

/** A database that nobody ever connected to has no folder, and neither has its copy: both begin when somebody does. */
async function copyDatabase(folder: string, copy: string, cache: string): Promise<void> {
  if (!existsSync(folder)) return;
  const { copyPostgres } = await import("../plane/postgres.ts");
  await copyPostgres(folder, copy, cache);
}
