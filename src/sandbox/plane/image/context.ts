import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import dockerignore, { type Ignore } from "@balena/dockerignore";
import type { BuildContext, ContextEntry } from "../image.ts";

/** Its types tell of a default export, of which a CommonJS module has none. */
const newIgnore = dockerignore as unknown as () => Ignore;

/** A folder of this computer as the context of a build. */
export function folderContext(folder: string): BuildContext {
  return {
    read: (path) => readFile(join(folder, ...path.split("/"))),
    async list(skip) {
      const found: ContextEntry[] = [];
      const walk = async (below: string): Promise<void> => {
        for (const item of await readdir(join(folder, below), { withFileTypes: true })) {
          const path = posix.join(below, item.name);
          if (skip(path, item.isDirectory())) continue;
          const entry = await entryOf(folder, path);
          if (entry) found.push(entry);
          if (item.isDirectory()) await walk(path);
        }
      };
      await walk("");
      return found;
    },
  };
}

async function entryOf(folder: string, path: string): Promise<ContextEntry | undefined> {
  const stats = await lstat(join(folder, path));
  const mode = process.platform === "win32" ? 0o755 : stats.mode & 0o7777;
  const common = { path, mode, modified: Math.floor(stats.mtimeMs / 1000) };
  if (stats.isDirectory()) return { ...common, type: "directory" };
  if (stats.isFile()) return { ...common, type: "file" };
  if (!stats.isSymbolicLink()) return undefined;
  return { ...common, type: "symlink", target: await readlink(join(folder, path)) };
}

/** The context's entries without what .dockerignore leaves out, in the order of their paths. */
export async function listContext(context: BuildContext, dockerfile: string): Promise<ContextEntry[]> {
  const patterns =
    (await readText(context, `${dockerfile}.dockerignore`)) ?? (await readText(context, ".dockerignore"));
  const ignored = newIgnore().add(patterns ?? "");
  const hasExceptions = /^\s*!/m.test(patterns ?? "");
  const kept = new Set<string>();
  const entries = await context.list((path, isDirectory) => {
    if (!ignored.ignores(path)) {
      kept.add(path);
      return false;
    }
    return !isDirectory || !hasExceptions;
  });
  // A folder that is left out but for some of its files is there for these.
  const needed = new Set([...kept].flatMap(parentsOf));
  return entries.filter(({ path }) => kept.has(path) || needed.has(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parentsOf(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === "." ? [] : [parent, ...parentsOf(parent)];
}

/** Undefined: there is no such file. */
export async function readText(context: BuildContext, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await context.read(path)).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
