import { type DirectoryNode, type Node, segments } from "../disk.ts";
import type { UserFileSystem } from "../file-system.ts";
import type { BuildContext, ContextEntry } from "./engine.ts";

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
