import { createReadStream, type Stats } from "node:fs";
import { chmod, lstat, mkdir, readdir, readlink, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix, sep } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract, type Header, pack } from "tar-stream";
import { ImageError } from "./error.ts";

/** One entry of a layer. */
export interface LayerEntry {
  /** From `/`, without the slash in front. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "removed";
  readonly mode?: number;
  readonly modified?: Date;
  readonly owner?: Owner;
  /** Of a symlink. */
  readonly target?: string;
  /** Of a file: its bytes, or the file of this computer that holds them. */
  readonly content?: Uint8Array | { readonly file: string; readonly size: number };
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Prefix of the name of a file that a layer removes (image-spec, layer.md, Whiteouts). */
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
const ROOT: Owner = { uid: 0, gid: 0 };

/** A layer as a tar archive. */
export function packLayer(entries: readonly LayerEntry[]): Readable {
  const archive = pack();
  const add = async () => {
    for (const entry of entries) await addEntry(archive, entry);
    archive.finalize();
  };
  add().catch((error: Error) => archive.destroy(error));
  return archive as unknown as Readable;
}

async function addEntry(archive: ReturnType<typeof pack>, entry: LayerEntry): Promise<void> {
  const { path, type, mode = 0o755, modified = new Date(0), owner = ROOT, target, content } = entry;
  const headers = { mode: mode & 0o7777, mtime: modified, ...owner };
  if (type === "removed") {
    archive.entry(
      { name: posix.join(posix.dirname(path), WHITEOUT + posix.basename(path)), ...headers, mode: 0o644 },
      "",
    );
  } else if (type === "directory") {
    archive.entry({ name: `${path}/`, type, ...headers });
  } else if (type === "symlink") {
    archive.entry({ name: path, type, linkname: target ?? "", ...headers });
  } else if (content && "file" in content) {
    await new Promise<void>((done, fail) => {
      const sink = archive.entry({ name: path, size: content.size, ...headers }, (error) =>
        error ? fail(error) : done(),
      );
      createReadStream(content.file, { end: Math.max(0, content.size - 1) })
        .once("error", fail)
        .pipe(sink as unknown as NodeJS.WritableStream);
    });
  } else {
    archive.entry({ name: path, ...headers }, Buffer.from(content ?? ""));
  }
}

/** Writes a layer's files over what is in a folder. @throws ImageError if it would write outside of it */
export async function unpackLayer(layer: Readable, mediaType: string, folder: string): Promise<void> {
  const archive = extract();
  const compressed = /gzip$/.test(mediaType);
  const source = compressed ? layer.pipe(createGunzip()) : layer;
  for (const stream of [layer, source]) stream.once("error", (error) => archive.destroy(error));
  source.pipe(archive as unknown as NodeJS.WritableStream);
  const safe = new SafeFolder(folder);
  const writing = new Set<Promise<void>>();
  for await (const entry of archive) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    const path = await safe.place(entry.header.name);
    // Files do not depend on each other; what removes or makes folders waits for them.
    const isFile = isWritten(entry.header);
    if (!isFile || writing.size >= WRITES_AT_ONCE) await Promise.all(writing);
    const written = isFile ? writeEntry(path, entry.header, Buffer.concat(chunks)) : changeFolder(path, entry.header);
    writing.add(written);
    written.finally(() => writing.delete(written)).catch(() => {});
    if (!isFile) await written;
  }
  await Promise.all(writing);
}

const WRITES_AT_ONCE = 32;

function isWritten({ name, type }: Header): boolean {
  return type !== "directory" && !posix.basename(name).startsWith(WHITEOUT);
}

async function changeFolder(path: string, header: Header): Promise<void> {
  const name = posix.basename(header.name);
  if (name === OPAQUE) return emptyFolder(dirname(path));
  if (name.startsWith(WHITEOUT)) {
    return rm(join(dirname(path), name.slice(WHITEOUT.length)), { recursive: true, force: true });
  }
  const before = await lstat(path).catch(() => undefined);
  if (before && !before.isDirectory()) await rm(path, { force: true });
  await mkdir(path, { recursive: true });
  // Its owner is the user, who must be able to change what is in it.
  await chmod(path, (header.mode ?? 0o755) | 0o700);
}

async function writeEntry(
  path: string,
  { name, type, mode = 0o644, linkname }: Header,
  content: Uint8Array,
): Promise<void> {
  if (type !== "file" && type !== "contiguous-file" && type !== "symlink") {
    throw new ImageError(`${name}: a ${type} in a layer is not emulated`);
  }
  const write = () =>
    type === "symlink" ? symlink(linkname ?? "", path) : writeFile(path, content, { mode: mode | 0o600, flag: "wx" });
  try {
    await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await rm(path, { recursive: true, force: true });
    await write();
  }
}

async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** Finds places below a folder, also when links in it lead elsewhere. */
class SafeFolder {
  readonly #folder: string;
  readonly #known = new Set<string>();
  #real: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Path of an entry, whose folder is made if it is absent. */
  async place(name: string): Promise<string> {
    const clean = posix.normalize(`/${name}`).replace(/\/$/, "");
    const path = join(this.#folder, ...clean.split("/"));
    const parent = dirname(path);
    if (!this.#known.has(parent)) await this.#check(parent, name);
    return path;
  }

  async #check(parent: string, name: string): Promise<void> {
    this.#real ??= await realpath(this.#folder);
    await mkdir(parent, { recursive: true });
    const real = await realpath(parent);
    if (real !== this.#real && !real.startsWith(this.#real + sep)) {
      throw new ImageError(`${name}: the layer leads outside of the image`);
    }
    if (real === join(this.#real, parent.slice(this.#folder.length))) this.#known.add(parent);
  }
}

/** What is in a folder, to be compared with what is in it later. */
export type Snapshot = ReadonlyMap<string, Stats>;

export async function snapshot(folder: string): Promise<Snapshot> {
  const found = new Map<string, Stats>();
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    await Promise.all(
      entries.map(async (entry) => {
        const path = posix.join(below, entry.name);
        found.set(path, await lstat(join(folder, path)));
        if (entry.isDirectory()) await walk(path);
      }),
    );
  };
  await walk("");
  return found;
}

/** The entries by which a folder differs from what it was. */
export async function changesSince(before: Snapshot, folder: string): Promise<LayerEntry[]> {
  const after = await snapshot(folder);
  const removed = [...before.keys()].filter((path) => !after.has(path) && after.has(posix.dirname(path)));
  const top = [...before.keys()].filter((path) => !after.has(path) && posix.dirname(path) === ".");
  const changed = [...after].filter(([path, stats]) => differs(before.get(path), stats)).map(([path]) => path);
  const entries = await Promise.all(changed.map((path) => entryOf(folder, path, after.get(path))));
  return [
    ...[...removed, ...top].map((path): LayerEntry => ({ path, type: "removed" })),
    ...entries.filter((entry) => entry !== undefined),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function differs(before: Stats | undefined, after: Stats): boolean {
  if (!before || before.mode !== after.mode || before.isDirectory() !== after.isDirectory()) return true;
  if (after.isDirectory()) return false;
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs || before.ino !== after.ino;
}

async function entryOf(folder: string, path: string, stats: Stats | undefined): Promise<LayerEntry | undefined> {
  if (!stats) return undefined;
  const mode = process.platform === "win32" ? 0o755 : stats.mode & 0o7777;
  const common = { path, mode, modified: stats.mtime };
  if (stats.isDirectory()) return { ...common, type: "directory" };
  if (stats.isSymbolicLink()) {
    return { ...common, type: "symlink", target: await linkTarget(folder, path) };
  }
  if (!stats.isFile()) return undefined;
  return { ...common, type: "file", content: { file: join(folder, path), size: stats.size } };
}

/** A link to a place in the folder by its full name would lead elsewhere in another folder. */
async function linkTarget(folder: string, path: string): Promise<string> {
  const target = await readlink(join(folder, path));
  const inside = target.startsWith(folder + sep) ? target.slice(folder.length) : undefined;
  if (inside === undefined) return target.split(sep).join("/");
  return posix.relative(posix.dirname(`/${path}`), inside.split(sep).join("/"));
}
