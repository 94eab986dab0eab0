import { existsSync, mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Authorities } from "../plane/authorities.ts";
import type { Certificate } from "../plane/certificate.ts";
import type { DatabaseServer as RealServer } from "../plane/database-server.ts";
import { freeDatabaseAddress, type Loopback } from "../world/addresses.ts";
import type { DBInstance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { engineIn, engineOf, type Paths } from "./database-engine.ts";
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

interface Surroundings {
  readonly folders: DatabaseFolders;
  readonly loopback: Loopback;
  readonly names: HostNames;
  readonly authorities: Authorities;
}

/** The real servers behind the database instances. */
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
    if (isNew) await this.#endOrphan(instance);
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
  async #endOrphan(instance: DBInstance): Promise<void> {
    if (this.#surroundings.folders.databases === undefined) return;
    const paths = this.#paths(instance.DbiResourceId);
    if (existsSync(paths.folder)) await engineOf(instance).stopOrphan(paths);
  }

  /** Ends the server of an instance; its data stay. The next client starts it again, if the instance lets one in. */
  async stop({ DbiResourceId }: DBInstance): Promise<void> {
    await this.#servers.get(DbiResourceId)?.stop();
  }

  /**
   * Makes a copy of what is in an instance's database, under a name of its own. The server is ended for it, and started
   * again by the next client, who waits meanwhile: of a server that runs the files are not to be copied.
   */
  async copy(region: Region, instance: DBInstance, name: string): Promise<void> {
    await this.#serverOf(region, instance).copyTo(this.#paths(name).folder);
  }

  /** Fetches what an instance that is being made needs, if it is not here; what fails is told to its first client. */
  async prepare(region: Region, instance: DBInstance): Promise<void> {
    await this.#serverOf(region, instance)
      .prepare()
      .catch(() => {});
  }

  /** Makes a copy the data of an instance that has not been started yet. */
  async restore(name: string, { DbiResourceId }: DBInstance): Promise<void> {
    await copyDatabase(this.#paths(name), this.#paths(DbiResourceId).folder);
  }

  /** Deletes a copy. */
  async removeCopy(name: string): Promise<void> {
    await removeDatabase(this.#paths(name));
  }

  /** Deletes the server of an instance with all its data. */
  async remove(instance: DBInstance): Promise<void> {
    await this.#servers.get(instance.DbiResourceId)?.close();
    this.#servers.delete(instance.DbiResourceId);
    if (this.#surroundings.folders.databases === undefined && this.#temporary === undefined) return;
    await removeDatabase(this.#paths(instance.DbiResourceId));
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

  #paths(resourceId: string): Paths {
    const { databases, cache } = this.#surroundings.folders;
    if (databases !== undefined) {
      return { folder: join(databases, resourceId), cache: cache ?? join(databases, "..", "cache") };
    }
    this.#temporary ??= mkdtempSync(join(tmpdir(), "bia-sandbox-"));
    return { folder: join(this.#temporary, resourceId), cache: cache ?? join(this.#temporary, "cache") };
  }
}

/**
 * The server behind one instance. Its port is listened on as soon as the instance takes connections, but the server itself
 * is set up and started by the first client: that takes a second or two of a processor, and most databases of tests, and
 * of people who look at plans, are never connected to. A port that is listened on costs a tenth of a millisecond.
 */
class DatabaseServer {
  readonly #region: Region;
  readonly #identifier: string;
  readonly #names: HostNames;
  readonly #authorities: Authorities;
  readonly #paths: () => Paths;
  #door: { forward: Forward; port: number; name: string } | undefined;
  #server: RealServer | undefined;
  /** Of what it is, in the sandbox's log. */
  #said = "";
  /** What was asked before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(region: Region, identifier: string, { names, authorities }: Surroundings, paths: () => Paths) {
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
      await copyDatabase(this.#paths(), copy);
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  /** Fetches what it needs. @throws DatabaseError */
  async prepare(): Promise<void> {
    const instance = this.#present();
    await engineOf(instance).prepare(this.#wanted(instance));
  }

  /** @throws Error if it has been deleted meanwhile */
  #present(): DBInstance {
    const instance = this.#instance();
    if (!instance) throw new Error("the database is gone");
    return instance;
  }

  #wanted(instance: DBInstance) {
    return { ...this.#paths(), instance, say: (words: string) => this.#say(words) };
  }

  #say(words: string): void {
    if (this.#said === words) return;
    this.#said = words;
    console.error(`The database ${this.#identifier} (${this.#region.name}) ${words}`);
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

  async #open(instance: DBInstance): Promise<void> {
    const { hidden, Endpoint, VpcSecurityGroups } = instance;
    const { Address: name = "", Port: port = 0 } = Endpoint ?? {};
    const { address = "127.0.0.1", networkInterfaceId } = hidden;
    this.#door ??= { forward: await this.#listen(instance, address, port), port, name };
    const { forward: door } = this.#door;
    this.#names.set(name, {
      region: this.#region.name,
      address: this.#region.ec2.networkInterfaces.get(networkInterfaceId)?.PrivateIpAddress ?? "",
      securityGroups: VpcSecurityGroups.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId),
      ports: new Map([[port, { host: door.address, port: door.port }]]),
    });
  }

  /** At another port where this one is taken: containers find it by its name, whatever it is. */
  async #listen(instance: DBInstance, address: string, port: number): Promise<Forward> {
    const { openDoor } = engineOf(instance);
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
  async #started(): Promise<RealServer> {
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

  async #start(): Promise<RealServer> {
    const instance = this.#present();
    const { password, passwordIsNew } = instance.hidden;
    const server = await engineOf(instance).start(this.#wanted(instance), await this.#certificate());
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
  for (const name of names) if (name !== "cache") await removeDatabase({ folder: join(folder, name), cache });
}

/** Not only the folder, because not all data need to be in it (see `PostgresOptions`). */
async function removeDatabase(paths: Paths): Promise<void> {
  if (existsSync(paths.folder)) await (await engineIn(paths.folder)).remove(paths);
}

/** A database that nobody ever connected to has no folder, and neither has its copy: both begin when somebody does. */
async function copyDatabase(paths: Paths, copy: string): Promise<void> {
  if (existsSync(paths.folder)) await (await engineIn(paths.folder)).copy(paths, copy);
}
