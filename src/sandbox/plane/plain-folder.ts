import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, realpath, rm, rmdir } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { dirname, join, parse, resolve, sep } from "node:path";
import { promisify } from "node:util";

/** No hidden folder, no blank, and nothing that means something to a URL, a glob, a shell or a list of paths. */
const PLAIN = /^[A-Za-z0-9_][\w.+~-]*$/;

const NAME = "bia-infra-sandbox";
const uid = process.getuid?.();

/**
 * Makes a folder for files whose real path the programs of containers and builds see: `folder` itself if all of its
 * path is plain, else one that stands for it elsewhere, which nobody but this user can enter. The same folder has the
 * same one each time, and no two folders share one.
 *
 * @returns its real path
 * @throws Error if there is no place for it
 */
export async function plainFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await realpath(folder);
  if (isPlain(own)) return own;
  for (const place of places()) {
    if (!(await isMadePrivate(place))) continue;
    const made = join(await realpath(place), nameFor(own));
    await mkdir(made, { recursive: true, mode: 0o700 });
    return made;
  }
  throw new Error(
    `${folder} has a path that programs stumble over, and there is no folder with a plain one to be used instead ` +
      `(tried ${places().join(", ")}): name one in BIA_SANDBOX_HOME`,
  );
}

/** Deletes a folder, and what stood for it elsewhere. */
export async function removePlainFolder(folder: string): Promise<void> {
  const own = await realpath(folder).catch(() => resolve(folder));
  for (const place of places()) {
    if (!(await isPrivate(place))) continue;
    await rm(join(place, nameFor(own)), { recursive: true, force: true });
    // It stays while it holds that of another sandbox.
    await rmdir(place).catch(() => {});
  }
  await rm(folder, { recursive: true, force: true });
}

/** Whether no program stumbles over a path. What lies in a folder `node_modules` is left alone by many of them. */
export function isPlain(path: string): boolean {
  const names = path.slice(parse(path).root.length).split(sep);
  return names.every((name) => PLAIN.test(name) && name !== "node_modules");
}

function nameFor(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 16);
}

/**
 * Where such folders are looked for, best first: with the user's own files, where nobody cleans up and nobody else can
 * put a `node_modules` above them; else where all users may make folders.
 */
function places(): string[] {
  if (process.platform === "win32") {
    const shared = process.env.ProgramData ?? join(parse(homedir()).root, "ProgramData");
    return [tmpdir(), shared].map((parent) => join(parent, `${NAME}-${nameFor(homedir())}`)).filter(isPlain);
  }
  const own = process.platform === "darwin" ? join(homedir(), "Library") : homedir();
  return [join(own, NAME), ...["/var/tmp", tmpdir()].map((parent) => join(parent, `${NAME}-${uid}`))].filter(isPlain);
}

/** Makes a place if it can be made safely. */
async function isMadePrivate(place: string): Promise<boolean> {
  const parent = dirname(place);
  if (!isPlain(await realpath(parent).catch(() => "")) || !(await isTrustworthy(parent))) return false;
  try {
    await mkdir(place, { mode: 0o700 });
    if (process.platform === "win32") await closeToOthers(place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") throw error;
    if (code !== "EEXIST") return false;
  }
  return isPrivate(place);
}

/** It is a folder, no link to one, and this user's; it is closed to all others if it was not. */
async function isPrivate(place: string): Promise<boolean> {
  const found = await lstat(place).catch(() => undefined);
  if (!found?.isDirectory()) return false;
  if (uid === undefined) return true;
  if (found.uid !== uid) return false;
  if (found.mode & 0o077) await chmod(place, 0o700);
  return true;
}

/**
 * What is in it stays who made it: it is the user's own, or root's with the sticky bit. Node looks for packages in the
 * folders above as well, so that there must be none of somebody else's.
 */
async function isTrustworthy(parent: string): Promise<boolean> {
  if (uid === undefined) return true;
  const found = await lstat(await realpath(parent)).catch(() => undefined);
  if (!found?.isDirectory()) return false;
  if (found.uid === uid && !(found.mode & 0o022)) return true;
  if (found.uid !== 0 || ((found.mode & 0o022) !== 0 && !(found.mode & 0o1000))) return false;
  const above = await Promise.all(
    ["node_modules", "package.json"].map((name) => lstat(join(parent, name)).catch(() => undefined)),
  );
  return above.every((one) => one === undefined || one.uid === uid || one.uid === 0);
}

/** A folder of ProgramData can be read by all until its access list says otherwise. */
async function closeToOthers(folder: string): Promise<void> {
  const everything = "(OI)(CI)F";
  const grants = [`${userInfo().username}:${everything}`, `*S-1-5-18:${everything}`];
  await promisify(execFile)("icacls", [folder, "/inheritance:r", ...grants.flatMap((grant) => ["/grant:r", grant])]);
}
