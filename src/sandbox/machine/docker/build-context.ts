import { type DirectoryNode, type Node, segments } from "../disk.ts";
import type { UserFileSystem } from "../file-system.ts";
import type { BuildContext, ContextEntry } from "./engine.ts";

/** Where a Dockerfile is, or what stands in it. */
interface Dockerfile {
  /** Folder of the machine. */
  readonly context: string;
  /** From the context. Default: `Dockerfile`. */
  readonly dockerfile?: string;
  readonly inline?: string;
}

/** The context of a build, in which its Dockerfile is found even if it is outside of it, or is no file. */
export async function dockerfileOf(
  fs: UserFileSystem,
  { context: folder, dockerfile, inline }: Dockerfile,
): Promise<{ context: BuildContext; dockerfile?: string }> {
  const context = contextOf(fs, folder);
  const name = inline === undefined ? dockerfile : "dockerfile-inline";
  if (inline === undefined && !dockerfile?.startsWith("../"))
    return { context, ...(name !== undefined && { dockerfile: name }) };
  const text = inline ?? (await readOutside(fs, `${folder}/${dockerfile}`));
  const read = async (path: string) => (path === name && text !== undefined ? Buffer.from(text) : context.read(path));
  return { context: { ...context, read }, ...(name !== undefined && { dockerfile: name }) };
}

async function readOutside(fs: UserFileSystem, path: string): Promise<string | undefined> {
  return (await fs.exists(path)) ? fs.readFile(path) : undefined;
}

/** Other places that a build may copy from, by their names: folders of the machine, and images after `docker-image://`. */
export function otherContexts(
  fs: UserFileSystem,
  places: Readonly<Record<string, string>>,
): Readonly<Record<string, BuildContext | string>> {
  const image = "docker-image://";
  return Object.fromEntries(
    Object.entries(places).map(([name, place]) => [
      name,
      place.startsWith(image) ? place.slice(image.length) : contextOf(fs, place),
    ]),
  );
}

/** A folder of the machine as the context of a build, as far as the user may read it. */
export function contextOf(fs: UserFileSystem, folder: string): BuildContext {
  return {
    async list(skip) {
      const root = fs.node(folder);
      const entries: ContextEntry[] = [];
      if (root.kind === "directory") collect(root, "", skip, entries);
      return entries;
    },
    read: async (path) => fs.readFileBuffer(`${folder}/${segments(path).join("/")}`),
  };
}

function collect(
  directory: DirectoryNode,
  prefix: string,
  skip: (path: string, isDirectory: boolean) => boolean,
  entries: ContextEntry[],
): void {
  for (const [name, node] of directory.entries) {
    const path = `${prefix}${name}`;
    if (skip(path, node.kind === "directory")) continue;
    entries.push(entryOf(path, node));
    if (node.kind === "directory") collect(node, `${path}/`, skip, entries);
  }
}

function entryOf(path: string, node: Node): ContextEntry {
  const { mode, modified } = node;
  const common = { path, mode, modified: Math.floor(modified / 1000) };
  if (node.kind === "link") return { ...common, type: "symlink", target: node.target };
  return { ...common, type: node.kind };
}
