import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { Placed } from "../container.ts";

/** Puts an entry to a place of this computer, in the place of what is there; a folder keeps what is in it. */
export async function putEntry({ type, mode, target = "", read }: Placed, to: string): Promise<void> {
  const there = await lstat(to).catch(() => undefined);
  if (type === "directory" && there?.isDirectory()) return;
  if (there) await rm(to, { recursive: true, force: true });
  await mkdir(type === "directory" ? to : dirname(to), { recursive: true });
  if (type === "symlink") await symlink(target, to);
  if (type !== "file") return;
  await writeFile(to, read());
  await chmod(to, mode & 0o777);
}

/** What lies at a place of this computer, as it is now. */
export interface Found {
  readonly path: string;
  readonly type: Placed["type"];
  readonly mode: number;
  /** Bytes of a file. */
  readonly size: number;
  /** Another one when the content is. */
  readonly stamp: string;
}

/**
 * A file or a folder with everything in it, parents first, paths relative; nothing where nothing is. Of what `skip` says
 * neither it nor what is in it.
 */
export async function found(place: string, skip: (path: string) => boolean = () => false): Promise<Found[]> {
  const entries: Found[] = [];
  const walk = async (path: string): Promise<void> => {
    if (skip(path)) return;
    const stats = await lstat(join(place, path)).catch(() => undefined);
    const isFolder = stats?.isDirectory() ?? false;
    if (!stats || !(isFolder || stats.isFile() || stats.isSymbolicLink())) return;
    const { ino, mtimeMs, size, mode } = stats;
    const stamp = isFolder ? `folder ${mode}` : `${ino} ${mtimeMs} ${size} ${mode}`;
    const type = isFolder ? "directory" : stats.isFile() ? "file" : "symlink";
    entries.push({ path, type, mode: mode & 0o777, size, stamp });
    if (!isFolder) return;
    for (const name of await readdir(join(place, path)).catch(() => [])) await walk(posix.join(path, name));
  };
  await walk("");
  return entries;
}

/** What was found, with its content. */
export async function takeEntry({ path, type, mode }: Found, place: string): Promise<Placed> {
  const from = join(place, path);
  const target = type === "symlink" ? { target: await readlink(from) } : {};
  const content = type === "file" ? await readFile(from) : new Uint8Array();
  return { path, type, mode, ...target, read: () => content };
}
