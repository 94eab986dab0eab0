import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { copyFailed } from "./database-error.ts";
import { copyTree, existingHome, handOver, makeCache, makeHome, remainingHome, removeHome } from "./database-home.ts";
import type { DatabaseServer } from "./database-server.ts";
import { freePort } from "./listen.ts";
import { DATA, makeData } from "./mysql/data.ts";
import { MysqlError } from "./mysql/error.ts";
import { stopOrphan } from "./mysql/orphan.ts";
import { findPrograms } from "./mysql/programs.ts";
import { startServer } from "./mysql/server.ts";
import { type Owner, ownerStatements, passwordStatement } from "./mysql/statements.ts";
import { ServedFolders } from "./served-folders.ts";

/** Where a database's files are, who owns it, and how it is reached. */
export interface MysqlOptions extends Owner {
  /** Folder of the data; made if it is absent, kept over stop and start. Two servers never share one. Behind a closed folder, root's are in /var/tmp. */
  readonly folder: string;
  /** Folder for what all servers share: the prepared data that new ones are copied from. */
  readonly cache: string;
  /** True: the master user of data that exist gets this password, too. */
  readonly setPassword?: boolean;
  /** Certificate in PEM; clients may do without TLS. Absent: they have to. */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /** Called with every line of the server's log. */
  readonly onLog?: (line: string) => void;
}

/** In the data of those whose master user has been made. */
const HAS_MASTER = "bia-infra-master";

/** Folders whose server this process has started, or is about to. */
const inUse = new ServedFolders();

/**
 * Starts the MySQL, or the MariaDB, that is installed on this computer, apart from any service. A server that a crashed process left
 * running in the folder is stopped first.
 *
 * @throws MysqlError
 */
export async function startMysql(options: MysqlOptions): Promise<DatabaseServer> {
  const folder = resolve(options.folder);
  if (inUse.has(folder)) throw runs(folder);
  return inUse.start(folder, () => start(folder, options));
}

async function start(folder: string, options: MysqlOptions): Promise<DatabaseServer> {
  const programs = await findPrograms();
  const cache = await makeCache(resolve(options.cache));
  const home = await makeHome(folder);
  await stopOrphan(home);
  const data = join(home, DATA);
  if (!existsSync(data)) await makeData(programs, cache, home);
  const { user, password, tls, onLog } = options;
  const isNew = !existsSync(join(data, HAS_MASTER));
  const change = options.setPassword ? [passwordStatement(user, password)] : [];
  const statements = isNew ? ownerStatements(programs, options) : change;
  if (tls) await give(home, { "server.key": tls.key, "server.crt": tls.certificate });
  await give(home, { "first.sql": statements.map((line) => `${line};\n`).join("") });
  const first = join(home, "first.sql");
  try {
    const port = await freePort();
    const hasTls = tls !== undefined;
    const server = await startServer(programs, home, {
      port,
      hasTls,
      first: statements.length > 0 ? first : undefined,
      onLog,
    });
    if (isNew) await give(data, { [HAS_MASTER]: "" });
    return server;
  } finally {
    // The password is in it.
    await rm(first, { force: true });
  }
}

async function give(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await rm(path, { force: true });
    await writeFile(path, content, { mode: 0o600 });
    await handOver(path);
  }
}

/** Which server there is, in words: `MariaDB 10.11.19`. @throws MysqlError if there is none */
export async function mysqlVersion(): Promise<string> {
  const { flavor, version } = await findPrograms();
  return `${flavor} ${version}`;
}

/** Whether a folder holds the data of a MySQL. */
export async function isMysql(folder: string): Promise<boolean> {
  const home = await remainingHome(resolve(folder));
  return home !== undefined && existsSync(join(home, DATA));
}

/** Stops the server that an earlier process left running in the folder. @returns false if there was none */
export async function stopOrphanedMysql(folder: string): Promise<boolean> {
  const home = inUse.has(folder) ? undefined : await remainingHome(resolve(folder));
  return home === undefined ? false : stopOrphan(home);
}

/**
 * Makes `copy` a copy of the data in `folder`, whatever was there before; of data that were never made there is nothing to be
 * copied, and nothing is there afterwards. Stops the server that an earlier process left running.
 *
 * @throws MysqlError if it runs
 */
export async function copyMysql(folder: string, copy: string): Promise<void> {
  await removeMysql(copy);
  if (inUse.has(folder)) throw runs(folder);
  await stopOrphanedMysql(folder);
  const from = await existingHome(resolve(folder));
  if (from === undefined || !existsSync(join(from, DATA))) return;
  try {
    const home = await makeHome(resolve(copy));
    const unfinished = join(home, `${DATA}-unfinished`);
    await copyTree(join(from, DATA), unfinished);
    await rename(unfinished, join(home, DATA));
  } catch (error) {
    await removeHome(resolve(copy));
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? copyFailed(copy) : error;
  }
}

/** Deletes a server's data; stops the server that an earlier process left there. @throws MysqlError if it runs */
export async function removeMysql(folder: string): Promise<void> {
  if (inUse.has(folder)) throw runs(folder);
  await stopOrphanedMysql(folder);
  await removeHome(resolve(folder));
}

function runs(folder: string): MysqlError {
  return new MysqlError(`The database in ${folder} runs.`, "Stop it first.");
}
