import { createHash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import picomatch from "picomatch";
import type { BuildContext, ContextEntry } from "../image.ts";
import { unarchived } from "./archive.ts";
import { ImageError } from "./error.ts";
import type { LayerEntry, Owner } from "./layer.ts";

const WILDCARD = /[*?[\\]/;

/** Where COPY takes files from. */
export interface CopySource {
  readonly entries: readonly ContextEntry[];
  readonly read: BuildContext["read"];
}

/** A file or folder on its way from a source into the image. */
export interface CopiedEntry {
  readonly entry: ContextEntry;
  /** Where it goes, relative to the destination; empty: it becomes the destination itself. */
  readonly to: string;
  /** Absent for a folder. */
  readonly content?: Uint8Array;
}

export interface CopyPlan {
  readonly copied: readonly CopiedEntry[];
  /** Whether what is copied goes into the destination, not in its place, whatever is there. */
  readonly intoFolder: boolean;
  /** Stands for everything that is copied; times of change do not count. */
  readonly digest: string;
}

/**
 * Finds what `COPY sources... destination` copies (https://docs.docker.com/reference/dockerfile/#copy).
 *
 * @throws ImageError if a source is not there
 */
export async function planCopy(
  source: CopySource,
  patterns: readonly string[],
  destination: string,
  line: number,
  keyword: "COPY" | "ADD" = "COPY",
): Promise<CopyPlan> {
  const found = patterns.flatMap((pattern) => matches(source, pattern, line));
  const intoFolder =
    destination.endsWith("/") ||
    destination === "." ||
    destination === ".." ||
    found.length > 1 ||
    found[0]?.type === "directory";
  if (found.length > 1 && !destination.endsWith("/") && !/(^|\/)\.\.?$/.test(destination)) {
    throw new ImageError(
      `dockerfile line ${line}: When using ${keyword} with more than one source file, the destination must be a directory and end with a /`,
      { line },
    );
  }
  const whole = await Promise.all(found.map((entry) => withContent(source, entry)));
  const unpacked = keyword === "ADD" ? await Promise.all(whole.map(withoutArchive)) : whole;
  const copied = unpacked.flat();
  const hash = createHash("sha256");
  for (const { entry, to, content } of copied) {
    hash.update(JSON.stringify([to, entry.type, entry.mode, entry.target, content?.length]));
    if (content) hash.update(content);
  }
  const isUnpacked = unpacked.some((entries, at) => entries !== whole[at]);
  return { copied, intoFolder: intoFolder || isUnpacked, digest: hash.digest("hex") };
}

/** A pattern that matches nothing copies nothing, where the folder that it looks into is there (BuildKit, unlike the builder before it). */
function matches({ entries }: CopySource, pattern: string, line: number): ContextEntry[] {
  const path = posix.normalize(`/${pattern}`).replace(/^\/|\/$/g, "");
  const isThere = (wanted: string) => entries.some((entry) => entry.path === wanted);
  if (path === "") return [{ path: "", type: "directory", mode: 0o755, modified: 0 }];
  if (WILDCARD.test(path)) {
    const folder = plainBeginning(path);
    if (folder !== "" && !isThere(folder)) throw notFound(folder, line);
    const isMatch = picomatch(path, { dot: true, nobrace: true, noextglob: true, noglobstar: true });
    return entries.filter((entry) => isMatch(entry.path));
  }
  const found = entries.filter((entry) => entry.path === path);
  if (found.length === 0) throw notFound(path, line);
  return found;
}

/** The folders of a pattern before the first one with a wildcard. */
function plainBeginning(pattern: string): string {
  const folders = pattern.split("/").slice(0, -1);
  const first = folders.findIndex((folder) => WILDCARD.test(folder));
  return (first === -1 ? folders : folders.slice(0, first)).join("/");
}

function notFound(path: string, line: number): ImageError {
  return new ImageError(
    `failed to compute cache key: ${JSON.stringify(`/${path}`)}: not found (it is missing, or .dockerignore leaves it out)`,
    { line },
  );
}

/** Of a folder what is in it, not itself. */
async function withContent(source: CopySource, entry: ContextEntry): Promise<CopiedEntry[]> {
  if (entry.type !== "directory") return [await one(source, entry, posix.basename(entry.path))];
  const prefix = entry.path === "" ? "" : `${entry.path}/`;
  const below = source.entries.filter(({ path }) => path !== "" && path.startsWith(prefix));
  const copied: CopiedEntry[] = [];
  for (let at = 0; at < below.length; at += OPEN_AT_ONCE) {
    const some = below.slice(at, at + OPEN_AT_ONCE);
    copied.push(...(await Promise.all(some.map((inner) => one(source, inner, inner.path.slice(prefix.length))))));
  }
  return copied;
}

/** A folder of packages has more files than a process may have open. */
const OPEN_AT_ONCE = 64;

/** Of a single file that is an archive, what is in it; anything else as it is. */
async function withoutArchive(entries: CopiedEntry[]): Promise<CopiedEntry[]> {
  const [first] = entries;
  if (entries.length !== 1 || !first?.content || first.to.includes("/")) return entries;
  const inside = await unarchived(first.entry.path, first.content);
  return inside?.map(({ entry, content }) => ({ entry, to: entry.path, ...(content && { content }) })) ?? entries;
}

async function one(source: CopySource, entry: ContextEntry, to: string): Promise<CopiedEntry> {
  return entry.type === "file" ? { entry, to, content: await source.read(entry.path) } : { entry, to };
}

/** The layer entries of a plan, with the folders that lead to them. */
export async function copyEntries(
  plan: CopyPlan,
  destination: string,
  root: string,
  { owner, mode }: { owner: Owner | undefined; mode: number | undefined },
): Promise<LayerEntry[]> {
  const there = await lstat(join(root, ...destination.split("/"))).catch(() => undefined);
  const inside = plan.intoFolder || there?.isDirectory() === true;
  const base = posix.normalize(destination).replace(/^\/|\/$/g, "");
  const files = plan.copied.map(({ entry, to, content }): LayerEntry => {
    const common = {
      path: inside ? posix.join(base, to) : base,
      mode: mode ?? entry.mode,
      modified: new Date(entry.modified * 1000),
      ...(owner && { owner }),
    };
    if (entry.type === "directory") return { ...common, type: "directory" };
    if (entry.type === "symlink") return { ...common, type: "symlink", target: entry.target ?? "" };
    return { ...common, type: "file", content: content ?? new Uint8Array() };
  });
  const folders = await missingFolders(root, inside ? base : posix.dirname(base), owner);
  return [...folders, ...files];
}

/** The folders of a path that are not there yet. */
export async function missingFolders(root: string, path: string, owner?: Owner): Promise<LayerEntry[]> {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const all = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  const missing = await Promise.all(
    all.map(async (folder) => ((await lstat(join(root, folder)).catch(() => undefined)) ? undefined : folder)),
  );
  return missing
    .filter((folder) => folder !== undefined)
    .map((folder) => ({
      path: folder,
      type: "directory" as const,
      mode: 0o755,
      modified: new Date(),
      ...(owner && { owner }),
    }));
}

/** Uid and gid of `--chown`: numbers, or names that the image's /etc/passwd has. @throws ImageError */
export async function ownerOf(text: string, root: string, line: number): Promise<Owner> {
  const [user = "", group = user] = text.split(":");
  const id = async (name: string, file: string) => {
    if (/^\d+$/.test(name)) return Number(name);
    const lines = (await readFile(join(root, "etc", file), "utf8").catch(() => "")).split("\n");
    const found = lines.map((one) => one.split(":")).find(([known]) => known === name);
    if (found) return Number(found[2]);
    throw new ImageError(
      `dockerfile line ${line}: unable to find ${file === "passwd" ? "user" : "group"} ${name}: no matching entries in ${file} file`,
      { line },
    );
  };
  return { uid: await id(user, "passwd"), gid: await id(group, "group") };
}
