import { posix } from "node:path";
import { type Disk, type Node, segments } from "../disk.ts";
import type { MachineEntry, MachineFiles, Placed } from "./engine.ts";

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
    put: (path, entry) => stampOf(putAt(disk, inFolder(disk, path), entry)),
    remove: (path) => disk.remove(inFolder(disk, path)),
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

/** The path of something in a folder, links to which are followed. */
function inFolder(disk: Disk, path: string): string {
  return posix.join(follow(disk, posix.dirname(path), MOST_LINKS), posix.basename(path));
}

/** What is changed keeps its owner. */
function putAt(disk: Disk, path: string, { type, mode, target = "", read }: Placed): Node {
  const there = disk.at(path);
  const owner = { mode, ...(there && { uid: there.uid, gid: there.gid }) };
  if (type === "directory" && there?.kind === "directory") return Object.assign(there, { mode });
  if (type === "directory") return disk.put(path, disk.newDirectory(owner));
  if (type === "symlink") return disk.put(path, disk.newLink(target, { ...owner, mode: 0o777 }));
  return disk.put(path, disk.newFile(Buffer.from(read()), owner));
}

/** Another one when a node is another, or has another content. */
function stampOf(node: Node): string {
  const { id, mode, modified } = node;
  return `${id} ${mode} ${node.kind === "directory" ? "" : modified} ${node.kind === "file" ? node.size : ""}`;
}

function collect(node: Node, path: string, entries: MachineEntry[]): void {
  const { mode } = node;
  const content = () => {
    if (node.kind !== "file") return new Uint8Array();
    return node.generate ? Buffer.from(node.generate()) : node.content;
  };
  entries.push({
    path,
    type: node.kind === "link" ? "symlink" : node.kind,
    mode,
    stamp: stampOf(node),
    ...(node.kind === "link" && { target: node.target }),
    read: content,
  });
  if (node.kind !== "directory") return;
  for (const [name, child] of node.entries) collect(child, posix.join(path, name), entries);
}
