import type { Certificate } from "../plane/certificate.ts";
import type { DatabaseServer } from "../plane/database-server.ts";
import type { Chosen } from "../plane/postgres.ts";
import type { DBInstance } from "../world/records.ts";
import { type Behind, openDoor } from "./database-door.ts";
import type { Forward } from "./forward.ts";
import { openMysqlDoor } from "./mysql-door.ts";

/** Where a database's files are. */
export interface Paths {
  readonly folder: string;
  /** For what all databases share. */
  readonly cache: string;
}

/** What a real server is started for. */
export interface Wanted extends Paths {
  readonly instance: DBInstance;
  /** Told, in words, if another one than the instance's version names is to run. */
  readonly say: (words: string) => void;
}

/** The real servers behind the instances of an engine of RDS. */
export interface DatabaseEngine {
  /** Fetches what an instance needs, if it is not on this computer. @throws DatabaseError */
  prepare(wanted: Wanted): Promise<void>;
  /** Starts the server. @throws DatabaseError */
  start(wanted: Wanted, certificate: Certificate): Promise<DatabaseServer>;
  /** Listens for a server that may not run yet. @throws as `forward` */
  openDoor(address: string, port: number, behind: Behind): Promise<Forward>;
  /** Makes a copy of a server's data that does not run; of none, none. @throws DatabaseError */
  copy(paths: Paths, copy: string): Promise<void>;
  /** Deletes a server's data; stops one that an earlier process left. @throws DatabaseError if it runs */
  remove(paths: Paths): Promise<void>;
  /** Stops the server that an earlier process left running. */
  stopOrphan(paths: Paths): Promise<unknown>;
}

/** That of an instance. */
export function engineOf({ Engine }: DBInstance): DatabaseEngine {
  return Engine === "mysql" ? MYSQL : POSTGRES;
}

/** That whose data are in a folder. */
export async function engineIn(folder: string): Promise<DatabaseEngine> {
  const { isMysql } = await import("../plane/mysql.ts");
  return (await isMysql(folder)) ? MYSQL : POSTGRES;
}

const POSTGRES: DatabaseEngine = {
  async prepare(wanted) {
    const { isInstalled } = await import("../plane/postgres.ts");
    if (!isInstalled(majorOf(wanted.instance))) await chosen(wanted);
  },
  async start(wanted, certificate) {
    const { instance, folder, cache } = wanted;
    const { MasterUsername: user, DBName: database = "postgres", hidden } = instance;
    const { major } = await chosen(wanted);
    const { startPostgres } = await import("../plane/postgres.ts");
    return startPostgres({
      folder,
      cache,
      major,
      model: "rds",
      user,
      password: hidden.password,
      database,
      // As parameter groups of PostgreSQL 15 and later have it: rds.force_ssl = 1.
      tls: { ...certificate, required: Number(major) >= 15 },
      setPassword: hidden.passwordIsNew,
    });
  },
  openDoor,
  async copy({ folder, cache }, copy) {
    const { copyPostgres } = await import("../plane/postgres.ts");
    await copyPostgres(folder, copy, cache);
  },
  async remove({ folder, cache }) {
    const { removePostgres } = await import("../plane/postgres.ts");
    await removePostgres(folder, cache);
  },
  async stopOrphan({ folder, cache }) {
    const { stopOrphanedPostgres } = await import("../plane/postgres.ts");
    return stopOrphanedPostgres(folder, cache);
  },
};

async function chosen({ instance, folder, cache, say }: Wanted): Promise<Chosen> {
  const { choosePostgres } = await import("../plane/postgres.ts");
  const one = await choosePostgres(majorOf(instance), cache, folder);
  const { version, instead } = one;
  if (instead) {
    say(`runs PostgreSQL ${version} instead of ${instance.EngineVersion}. ${instead.message} ${instead.next}`);
  }
  return one;
}

function majorOf({ EngineVersion }: DBInstance): string {
  return EngineVersion.split(".")[0] ?? "";
}

const MYSQL: DatabaseEngine = {
  // Nothing is fetched: without one that is installed there is no such instance.
  prepare: async () => {},
  async start({ instance, folder, cache, say }, tls) {
    const { MasterUsername: user, DBName: database, EngineVersion, hidden } = instance;
    const { mysqlVersion, startMysql } = await import("../plane/mysql.ts");
    const version = await mysqlVersion();
    if (version !== `MySQL ${EngineVersion}`)
      say(`runs the ${version} of this computer instead of MySQL ${EngineVersion}.`);
    const { password, passwordIsNew: setPassword } = hidden;
    return startMysql({ folder, cache, user, password, database, tls, setPassword });
  },
  openDoor: openMysqlDoor,
  async copy({ folder }, copy) {
    const { copyMysql } = await import("../plane/mysql.ts");
    await copyMysql(folder, copy);
  },
  async remove({ folder }) {
    const { removeMysql } = await import("../plane/mysql.ts");
    await removeMysql(folder);
  },
  async stopOrphan({ folder }) {
    const { stopOrphanedMysql } = await import("../plane/mysql.ts");
    return stopOrphanedMysql(folder);
  },
};
