/**
 * The disk of a simulated machine: a tree of inodes with owners, modes and sizes, in memory. A file may be larger than
 * the bytes it holds (the rest reads as zeros), so that a swap file of 4 GiB costs nothing.
 */

interface Common {
  readonly id: number;
  /** Permission bits, e.g. 0o755. */
  mode: number;
  uid: number;
  gid: number;
  /** Milliseconds since the epoch. */
  modified: number;
}

export interface FileNode extends Common {
  readonly kind: "file";
  /** The bytes that were written; shorter than `size` where the rest is zeros. */
  content: Buffer;
  /** Bytes. */
  size: number;
  /** Content that is made on every read (`/proc/meminfo`); such a file is never saved. */
  generate?: () => string;
}

export interface DirectoryNode extends Common {
  readonly kind: "directory";
  readonly entries: Map<string, Node>;
}

export interface LinkNode extends Common {
  readonly kind: "link";
  readonly target: string;
}

export type Node = FileNode | DirectoryNode | LinkNode;

/** What differs from the image the disk began as, as JSON. */
export interface DiskSnapshot {
  removed: string[];
  nodes: SavedNode[];
}

interface SavedNode {
  path: string;
  mode: number;
  uid: number;
  gid: number;
  modified: number;
  /** Absent: a directory. */
  file?: { size: number; text: string } | { size: number; base64: string };
  link?: string;
}

/** Owner and mode of a new node; root's and the usual mode by default. */
export interface Ownership {
  mode?: number;
  uid?: number;
  gid?: number;
}

export class Disk {
  readonly root: DirectoryNode;
  /** Paths and looks of the image's nodes; filled by `seal`. */
  private image = new Map<string, string>();
  private nextId = 2;

  constructor() {
    this.root = { kind: "directory", id: 1, mode: 0o755, uid: 0, gid: 0, modified: Date.now(), entries: new Map() };
  }

  newFile(content: Buffer, owner: Ownership = {}): FileNode {
    return { kind: "file", ...this.common(owner, 0o644), content, size: content.length };
  }

  newDirectory(owner: Ownership = {}): DirectoryNode {
    return { kind: "directory", ...this.common(owner, 0o755), entries: new Map() };
  }

  newLink(target: string, owner: Ownership = {}): LinkNode {
    return { kind: "link", ...this.common(owner, 0o777), target };
  }

  private common(owner: Ownership, mode: number): Common {
    return {
      id: this.nextId++,
      mode: owner.mode ?? mode,
      uid: owner.uid ?? 0,
      gid: owner.gid ?? 0,
      modified: Date.now(),
    };
  }

  /** The node at an absolute path, without following links and without asking anybody's permission. */
  at(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of segments(path)) node = node?.kind === "directory" ? node.entries.get(name) : undefined;
    return node;
  }

  /** Puts a node at an absolute path, making the directories above it, as root. */
  put<N extends Node>(path: string, node: N): N {
    const names = segments(path);
    const last = names.pop();
    if (last === undefined) throw new Error("the root directory cannot be replaced");
    this.directory(`/${names.join("/")}`).entries.set(last, node);
    return node;
  }

  /** The directory at an absolute path, made with its parents where missing, as root. */
  directory(path: string, owner?: Ownership): DirectoryNode {
    let node: DirectoryNode = this.root;
    let made = false;
    for (const name of segments(path)) {
      let next = node.entries.get(name);
      made = next === undefined;
      if (next?.kind === "link") next = this.directory(next.target.startsWith("/") ? next.target : `/${next.target}`);
      if (next?.kind !== "directory") {
        next = this.newDirectory();
        node.entries.set(name, next);
      }
      node = next;
    }
    if (made && owner) Object.assign(node, owner);
    return node;
  }

  /** Writes a text file as root, making the directories above it. */
  write(path: string, text: string, owner?: Ownership): FileNode {
    return this.put(path, this.newFile(Buffer.from(text), owner));
  }

  append(path: string, text: string, owner?: Ownership): void {
    const node = this.at(path);
    if (node?.kind !== "file") this.write(path, text, owner);
    else {
      node.content = Buffer.concat([node.content, Buffer.from(text)]);
      node.size = node.content.length;
      node.modified = Date.now();
    }
  }

  /** Text of a file; undefined where there is none. */
  text(path: string): string | undefined {
    const node = this.at(path);
    return node?.kind === "file" ? (node.generate?.() ?? node.content.toString()) : undefined;
  }

  remove(path: string): void {
    const names = segments(path);
    const last = names.pop();
    const parent = this.at(`/${names.join("/")}`);
    if (last !== undefined && parent?.kind === "directory") parent.entries.delete(last);
  }

  /** Bytes that files take on the volume. */
  get used(): number {
    let bytes = 0;
    const seen = new Set<Node>();
    for (const [, node] of this.walk()) {
      if (node.kind === "file" && !seen.has(node)) bytes += node.size;
      seen.add(node);
    }
    return bytes;
  }

  /** Everything that is there now becomes the image, which snapshots leave out. */
  seal(): void {
    this.image = new Map([...this.walk()].map(([path, node]) => [path, look(node)]));
  }

  /** What differs from the image. Hard links come back as separate files. */
  snapshot(): DiskSnapshot {
    const nodes: SavedNode[] = [];
    const present = new Set<string>();
    for (const [path, node] of this.walk()) {
      present.add(path);
      if (node.kind === "file" && node.generate) continue;
      if (this.image.get(path) !== look(node)) nodes.push(save(path, node));
    }
    return { removed: [...this.image.keys()].filter((path) => !present.has(path)), nodes };
  }

  restore(snapshot: DiskSnapshot): void {
    for (const path of snapshot.removed) this.remove(path);
    for (const saved of snapshot.nodes) this.restoreNode(saved);
  }

  private restoreNode(saved: SavedNode): void {
    const { path, mode, uid, gid, modified } = saved;
    const owner = { mode, uid, gid };
    if (saved.link !== undefined) {
      this.put(path, this.newLink(saved.link, owner)).modified = modified;
    } else if (saved.file) {
      const { file } = saved;
      const content = "text" in file ? Buffer.from(file.text) : Buffer.from(file.base64, "base64");
      Object.assign(this.put(path, this.newFile(content, owner)), { size: file.size, modified });
    } else {
      Object.assign(this.directory(path), owner, { modified });
    }
  }

  private *walk(directory = this.root, prefix = ""): Generator<[string, Node]> {
    for (const [name, node] of directory.entries) {
      yield [`${prefix}/${name}`, node];
      if (node.kind === "directory") yield* this.walk(node, `${prefix}/${name}`);
    }
  }
}

/** Names of the parts of an absolute path. */
export function segments(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

/** Equal for equal nodes; a newer time alone is no difference. */
function look(node: Node): string {
  const owner = `${node.mode} ${node.uid} ${node.gid}`;
  if (node.kind === "directory") return `directory ${owner}`;
  if (node.kind === "link") return `link ${owner} ${node.target}`;
  return `file ${owner} ${node.size} ${node.content.toString("latin1")}`;
}

function save(path: string, node: Node): SavedNode {
  const saved = { path, mode: node.mode, uid: node.uid, gid: node.gid, modified: node.modified };
  if (node.kind === "directory") return saved;
  if (node.kind === "link") return { ...saved, link: node.target };
  const text = node.content.toString();
  const asText = Buffer.from(text).equals(node.content);
  return { ...saved, file: { size: node.size, ...(asText ? { text } : { base64: node.content.toString("base64") }) } };
}
