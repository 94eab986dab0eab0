import { posix } from "node:path";
import { type Disk, type Node, segments } from "../disk.ts";
import type { MachineEntry, MachineFiles } from "./engine.ts";

/** How many links lead to one another at most, as Linux has it. */
const MOST_LINKS = 40;

/** The files of a machine's disk as its docker daemon, which is root, sees them. */
export function filesOf(disk: Disk): MachineFiles {
  return {
    list(path) {
      const real = follow(disk, path, MOST_LINKS);
      const entries: MachineEntry[] = [];
      collect(disk.at(real) ?? disk.directory(real), "", entries);
      return entries;
    },
    write: (path, text) => void disk.write(follow(disk, path, MOST_LINKS), text),
  };
}

/** The path without links in it; what is not there is left as it is. */
function follow(disk: Disk, path: string, left: number): string {
  let real = "/";
  const names = segments(path);
  for (const [at, name] of names.entries()) {
    const next = posix.join(real, name);
    const node = disk.at(next);
    if (node?.kind === "link" && left > 0) {
      return follow(disk, posix.join(posix.resolve(real, node.target), ...names.slice(at + 1)), left - 1);
    }
    real = next;
  }
  return real;
}

function collect(node: Node, path: string, entries: MachineEntry[]): void {
  const { id, mode, modified } = node;
  const content = () => {
    if (node.kind !== "file") return new Uint8Array();
    return node.generate ? Buffer.from(node.generate()) : node.content;
  };
  entries.push({
    path,
    type: node.kind === "link" ? "symlink" : node.kind,
    mode,
    stamp: `${id} ${mode} ${node.kind === "directory" ? "" : modified} ${node.kind === "file" ? node.size : ""}`,
    ...(node.kind === "link" && { target: node.target }),
    read: content,
  });
  if (node.kind !== "directory") return;
  for (const [name, child] of node.entries) collect(child, posix.join(path, name), entries);
}
