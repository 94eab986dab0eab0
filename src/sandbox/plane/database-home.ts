import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chown, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseError } from "./database-error.ts";

/** The servers of databases refuse to run as root; this is the uid and gid of `nobody` on every Linux. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** Options for processes that must not be root. */
export const unprivileged = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Where root's servers have their files when `nobody` cannot reach the folder that they should be in. */
const ELSEWHERE = "/var/tmp/bia-infra-sandbox";
const POINTER = "elsewhere";

/**
 * Makes the folder in which the server's files are, given the folder in which they should be: the same, unless this
 * process is root and a folder above is closed, such as /root. Then the folder holds a file that says where they are.
 */
export async function makeHome(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await homeOf(folder);
  if (found !== folder) return found;
  if (!isRoot) return folder;
  if (await isOpenToAll(dirname(folder))) {
    await handOver(folder);
    return folder;
  }
  await makeElsewhere();
  const home = join(ELSEWHERE, randomBytes(8).toString("hex"));
  await mkdir(home, { mode: 0o700 });
  await handOver(home);
  await writeFile(join(folder, POINTER), home, { mode: 0o600 });
  return home;
}

/** Makes the folder for what all servers share. What root's servers cannot reach elsewhere is in one place for all. */
export async function makeCache(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isClosed = isRoot && !(await isOpenToAll(dirname(folder)));
  if (isClosed) await makeElsewhere();
  const cache = isClosed ? join(ELSEWHERE, "cache") : folder;
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await handOver(cache);
  return cache;
}

/** Where the files of a folder are. @throws DatabaseError if they were elsewhere and are gone */
async function homeOf(folder: string): Promise<string> {
  const home = await namedHome(folder);
  if (home === folder || (await isDirectory(home))) return home;
  throw new DatabaseError(
    `The files of the database in ${folder} were in ${home}, which is gone.`,
    `Restore ${home}, or delete ${folder} to start with an empty database.`,
  );
}

/** Where the files of a folder are, or were. */
async function namedHome(folder: string): Promise<string> {
  return readFile(join(folder, POINTER), "utf8").catch(() => folder);
}

/**
 * The folder in which the files of an earlier server are; undefined: there are none.
 *
 * @throws DatabaseError if they were elsewhere and are gone
 */
export async function existingHome(folder: string): Promise<string | undefined> {
  return (await isDirectory(folder)) ? homeOf(folder) : undefined;
}

/** The same, but of files that are gone, as those of a removal that was cut short, there is nothing left. */
export async function remainingHome(folder: string): Promise<string | undefined> {
  const home = await namedHome(folder);
  return (await isDirectory(home)) ? home : undefined;
}

/** Deletes the folder, and where its files are. */
export async function removeHome(folder: string): Promise<void> {
  const home = await readFile(join(folder, POINTER), "utf8").catch(() => undefined);
  if (home !== undefined && dirname(home) === ELSEWHERE) await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

/** Makes a file or folder that root made the server's own. */
export async function handOver(path: string): Promise<void> {
  if (isRoot) await chown(path, NOBODY, NOBODY);
}

/** Copies a folder with everything in it, for a server to own; of a copy that fails nothing is left. */
export async function copyTree(from: string, to: string): Promise<void> {
  try {
    // Where the file system can, both share their room until one of them changes.
    await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await handOver(to);
    for (const entry of await readdir(to, { recursive: true })) await handOver(join(to, entry));
  } catch (error) {
    await rm(to, { recursive: true, force: true });
    throw error;
  }
}

async function isOpenToAll(folder: string): Promise<boolean> {
  if (!((await stat(folder)).mode & 0o001)) return false;
  return folder === dirname(folder) || isOpenToAll(dirname(folder));
}

/** Everybody may make files in /var/tmp, so that a folder of this name may be a trap. */
async function makeElsewhere(): Promise<void> {
  await mkdir(ELSEWHERE, { recursive: true, mode: 0o711 });
  const { uid, mode } = await lstat(ELSEWHERE);
  if (uid === 0 && (await isDirectory(ELSEWHERE)) && !(mode & 0o022)) return;
  throw new DatabaseError(`${ELSEWHERE} belongs to somebody else.`, `Look at what is in ${ELSEWHERE} and delete it.`);
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Gives what was prepared under another name its own; another sandbox may have been faster. */
export async function publish(prepared: string, name: string): Promise<void> {
  try {
    await rename(prepared, name);
  } catch (error) {
    if (!(await isDirectory(name))) throw error;
  }
}
