import type { CpOptions, FileContent, FsStat, IFileSystem, MkdirOptions, RmOptions } from "just-bash";
import { type DirectoryNode, type Disk, type FileNode, type Node, segments } from "./disk.ts";

type ByteString = Awaited<ReturnType<NonNullable<IFileSystem["readFileBytes"]>>>;
type Encoding = { encoding?: string | null } | string | null | undefined;

/** On whose behalf files are touched. */
export interface Credentials {
  uid: number;
  gid: number;
  /** Ids of all the groups, the first one included. */
  groups: readonly number[];
}

/** Largest file that a program of the machine may read at once. Larger ones exist only by their size. */
const LARGEST_READ = 64 * 1024 * 1024;
const MOST_LINKS = 40;

/** In the words of Linux. */
const messages = {
  EACCES: "Permission denied",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  EISDIR: "Is a directory",
  EINVAL: "Invalid argument",
  ELOOP: "Too many levels of symbolic links",
  ENOENT: "No such file or directory",
  ENOMEM: "Cannot allocate memory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTEMPTY: "Directory not empty",
  EPERM: "Operation not permitted",
} as const;

/** Errors that just-bash's commands know by the name in the message, as `node:fs` words it; others they print as they are. */
const knownToCommands = new Set(["ENOENT", "EEXIST", "EISDIR", "ENOTDIR", "ENOTEMPTY"]);

export class FileSystemError extends Error {
  readonly code: keyof typeof messages;
  /** Why, in Linux's words. */
  readonly reason: string;

  constructor(code: keyof typeof messages, call: string, path: string) {
    super(knownToCommands.has(code) ? `${code}: ${messages[code].toLowerCase()}, ${call} '${path}'` : messages[code]);
    this.code = code;
    this.reason = messages[code];
  }
}

/** Milliseconds that scripts may keep the process to themselves: just-bash never waits for anything by itself. */
const LONGEST_TURN = 15;
let turnBegan = performance.now();

/** Lets timers and sockets of the process have their turn, so that a busy loop in a script can be cancelled. */
async function giveWay(): Promise<void> {
  if (performance.now() - turnBegan < LONGEST_TURN) return;
  await new Promise<void>((resolve) => setImmediate(resolve));
  turnBegan = performance.now();
}

interface Place {
  parent: DirectoryNode;
  name: string;
  node: Node | undefined;
  /** Absolute path without links in it. */
  path: string;
}

/** A user's view of the machine's disk: every access is checked against owner, group and mode, as Linux does. */
export class UserFileSystem implements IFileSystem {
  /** Mode bits that new files do not get. */
  umask = 0o022;
  private readonly disk: Disk;
  readonly who: Credentials;
  /** Beginnings of paths that are not on the disk but lead somewhere, as a terminal does. */
  private readonly outlets = new Map<string, (path: string, bytes: Buffer) => void>();
  /** Why paths could not be used lately. */
  private readonly failures = new Map<string, string>();
  private readonly capacity: number;

  /** @param capacity bytes of the volume */
  constructor(disk: Disk, who: Credentials, capacity = Number.POSITIVE_INFINITY) {
    this.disk = disk;
    this.who = who;
    this.capacity = capacity;
  }

  /** What is written to paths that begin with `prefix` goes to `receive` instead of the disk. */
  connect(prefix: string, receive: (path: string, bytes: Buffer) => void): void {
    this.outlets.set(prefix, receive);
  }

  /** Puts the real reason into error messages of commands that give the same one for everything. */
  explain(stderr: string): string {
    const vague = /(['\s]|^)([^\s':]+)('?: )(?:No such file or directory|cannot open redirect target)$/gm;
    const raw = /^E[A-Z]+: [^,\n]+, \w+ '([^'\n]+)'$/gm;
    const worded = stderr.replace(raw, (whole, path: string) => {
      const reason = this.failures.get(path);
      return reason ? `bash: ${path}: ${reason}` : whole;
    });
    return worded.replace(vague, (whole, before: string, path: string, colon: string) => {
      const reason = [...this.failures].findLast(([failed]) => failed.endsWith(path.replace(/^[./]+/, "/")))?.[1];
      return reason ? `${before}${path}${colon}${reason}` : whole;
    });
  }

  // Reading

  async readFile(path: string, options?: Encoding): Promise<string> {
    await giveWay();
    return this.read(path).toString((encodingOf(options) ?? "utf8") as BufferEncoding);
  }

  async readFileBytes(path: string): Promise<ByteString> {
    return this.read(path).toString("latin1") as unknown as ByteString;
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return this.read(path);
  }

  async exists(path: string): Promise<boolean> {
    await giveWay();
    try {
      return this.find(path, "stat") !== undefined;
    } catch {
      return false;
    }
  }

  async stat(path: string): Promise<FsStat> {
    await giveWay();
    return describe(this.node(path, "stat"));
  }

  async lstat(path: string): Promise<FsStat> {
    return describe(this.node(path, "lstat", false));
  }

  async readdir(path: string): Promise<string[]> {
    const node = this.listable(path);
    return [...node.entries.keys()].sort();
  }

  async readdirWithFileTypes(path: string) {
    const node = this.listable(path);
    return [...node.entries].sort(byName).map(([name, { kind }]) => ({
      name,
      isFile: kind === "file",
      isDirectory: kind === "directory",
      isSymbolicLink: kind === "link",
    }));
  }

  async readlink(path: string): Promise<string> {
    const node = this.node(path, "readlink", false);
    if (node.kind !== "link") throw this.failure("EINVAL", "readlink", path);
    return node.target;
  }

  async realpath(path: string): Promise<string> {
    const place = this.place(path, "realpath", true);
    if (!place.node) throw this.failure("ENOENT", "realpath", path);
    return place.path;
  }

  resolvePath(base: string, path: string): string {
    const names: string[] = [];
    for (const name of segments(path.startsWith("/") ? path : `${base}/${path}`)) {
      if (name === "..") names.pop();
      else if (name !== ".") names.push(name);
    }
    return `/${names.join("/")}`;
  }

  /** Nothing: globs are expanded directory by directory. */
  getAllPaths(): string[] {
    return [];
  }

  /** The node at `path` as this user may see it; throws as `stat` would. */
  node(path: string, call = "stat", follow = true): Node {
    const node = this.find(path, call, follow);
    if (!node) throw this.failure("ENOENT", call, path);
    return node;
  }

  /** May this user do `wanted` (4 read, 2 write, 1 execute) with the node? */
  may(node: Node, wanted: number): boolean {
    if (this.who.uid === 0) return wanted !== 1 || node.kind === "directory" || (node.mode & 0o111) !== 0;
    const shift = node.uid === this.who.uid ? 6 : this.who.groups.includes(node.gid) ? 3 : 0;
    return ((node.mode >> shift) & wanted) === wanted;
  }

  // Writing

  async writeFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    await giveWay();
    this.write(path, toBuffer(content, options), false);
  }

  async appendFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    await giveWay();
    this.write(path, toBuffer(content, options), true);
  }

  /** Adds text to a file at once. */
  append(path: string, text: string): void {
    this.write(path, Buffer.from(text), true);
  }

  /** Sets a file's size without holding the bytes; the rest reads as zeros. Makes the file where there is none. */
  resize(path: string, size: number): FileNode {
    const file = this.writable(path, "truncate");
    this.reserve(size - file.size, path);
    if (file.content.length > size) file.content = file.content.subarray(0, size);
    file.size = size;
    file.modified = Date.now();
    return file;
  }

  async mkdir(path: string, options: MkdirOptions = {}): Promise<void> {
    const names = segments(path);
    for (let depth = options.recursive ? 1 : names.length; depth <= names.length; depth++) {
      this.makeDirectory(`/${names.slice(0, depth).join("/")}`, options.recursive === true);
    }
  }

  private makeDirectory(path: string, tolerant: boolean): void {
    const place = this.place(path, "mkdir", true);
    if (place.node?.kind === "directory" && tolerant) return;
    if (place.node) throw this.failure("EEXIST", "mkdir", path);
    this.changing(place.parent, "mkdir", path);
    place.parent.entries.set(place.name, this.disk.newDirectory(this.ownership(0o777)));
  }

  async rm(path: string, options: RmOptions = {}): Promise<void> {
    const place = this.place(path, "rm", false);
    if (!place.node) {
      if (options.force) return;
      throw this.failure("ENOENT", "rm", path);
    }
    if (place.path === "/") throw this.failure("EBUSY", "rm", path);
    if (place.node.kind === "directory" && place.node.entries.size > 0) {
      if (!options.recursive) throw this.failure("ENOTEMPTY", "rm", path);
      for (const name of [...place.node.entries.keys()]) await this.rm(`${place.path}/${name}`, options);
    }
    this.unlinking(place, "rm", path);
    place.parent.entries.delete(place.name);
  }

  async cp(source: string, destination: string, options: CpOptions = {}): Promise<void> {
    const node = this.node(source, "cp");
    if (node.kind === "file") {
      const written = this.read(source, true);
      const existed = await this.exists(destination);
      this.write(destination, written, false);
      const copy = this.resize(destination, Math.max(node.size, written.length));
      if (!existed) copy.mode = node.mode & ~this.umask;
      return;
    }
    if (!options.recursive) throw this.failure("EISDIR", "cp", source);
    await this.mkdir(destination, { recursive: true });
    for (const [name, child] of this.listable(source).entries) {
      if (child.kind === "link") await this.symlink(child.target, `${destination}/${name}`);
      else await this.cp(`${source}/${name}`, `${destination}/${name}`, options);
    }
  }

  async mv(source: string, destination: string): Promise<void> {
    const from = this.place(source, "rename", false);
    if (!from.node) throw this.failure("ENOENT", "rename", source);
    const to = this.place(destination, "rename", false);
    if (to.node === from.node) return;
    if (`${to.path}/`.startsWith(`${from.path}/`)) throw this.failure("EINVAL", "rename", source);
    if (to.node?.kind === "directory" && to.node.entries.size > 0) {
      throw this.failure("ENOTEMPTY", "rename", destination);
    }
    this.unlinking(from, "rename", source);
    if (to.node) this.unlinking(to, "rename", destination);
    this.changing(to.parent, "rename", destination);
    from.parent.entries.delete(from.name);
    to.parent.entries.set(to.name, from.node);
  }

  async symlink(target: string, path: string): Promise<void> {
    const place = this.place(path, "symlink", false);
    if (place.node) throw this.failure("EEXIST", "symlink", path);
    this.changing(place.parent, "symlink", path);
    place.parent.entries.set(place.name, this.disk.newLink(target, this.ownership(0o777, 0)));
  }

  async link(existing: string, path: string): Promise<void> {
    const node = this.node(existing, "link");
    if (node.kind === "directory") throw this.failure("EPERM", "link", existing);
    const place = this.place(path, "link", false);
    if (place.node) throw this.failure("EEXIST", "link", path);
    this.changing(place.parent, "link", path);
    place.parent.entries.set(place.name, node);
  }

  async chmod(path: string, mode: number): Promise<void> {
    const node = this.node(path, "chmod");
    if (this.who.uid !== 0 && this.who.uid !== node.uid) throw this.failure("EPERM", "chmod", path);
    node.mode = mode & 0o7777;
  }

  /** Changes owner and group; undefined leaves one as it is. Only root may give files away. */
  chown(path: string, uid: number | undefined, gid: number | undefined, follow = true): void {
    const node = this.node(path, "chown", follow);
    const mine = uid === undefined && gid !== undefined && node.uid === this.who.uid && this.who.groups.includes(gid);
    if (this.who.uid !== 0 && !mine) throw this.failure("EPERM", "chown", path);
    node.uid = uid ?? node.uid;
    node.gid = gid ?? node.gid;
  }

  async utimes(path: string, _accessed: Date, modified: Date): Promise<void> {
    const node = this.node(path, "utime");
    if (node.uid !== this.who.uid && !this.may(node, 2)) throw this.failure("EACCES", "utime", path);
    node.modified = modified.getTime();
  }

  // How

  private failure(code: keyof typeof messages, call: string, path: string): FileSystemError {
    this.failures.delete(path);
    this.failures.set(path, messages[code]);
    return new FileSystemError(code, call, path);
  }

  private find(path: string, call: string, follow = true): Node | undefined {
    return this.place(path, call, follow).node;
  }

  /** Walks to `path`, following links; `follow` says whether the last part is followed too. */
  private place(path: string, call: string, follow: boolean, budget = MOST_LINKS): Place {
    if (budget === 0) throw this.failure("ELOOP", call, path);
    const names = segments(this.resolvePath("/", path));
    let place: Place = { parent: this.disk.root, name: "", node: this.disk.root, path: "/" };
    for (const [depth, name] of names.entries()) {
      const parent = place.node;
      if (!parent) throw this.failure("ENOENT", call, path);
      if (parent.kind !== "directory") throw this.failure("ENOTDIR", call, path);
      if (!this.may(parent, 1)) throw this.failure("EACCES", call, path);
      const node = parent.entries.get(name);
      const last = depth === names.length - 1;
      place = { parent, name, node, path: `${place.path === "/" ? "" : place.path}/${name}` };
      if (node?.kind === "link" && (follow || !last)) {
        const base = place.path.slice(0, -name.length - 1);
        place = this.place(this.resolvePath(base, node.target), call, true, budget - 1);
      }
    }
    return place;
  }

  private listable(path: string): DirectoryNode {
    const node = this.node(path, "scandir");
    if (node.kind !== "directory") throw this.failure("ENOTDIR", "scandir", path);
    if (!this.may(node, 4)) throw this.failure("EACCES", "scandir", path);
    return node;
  }

  /** Bytes of a file; `written` asks only for those that were written, without the zeros after them. */
  private read(path: string, written = false): Buffer {
    const node = this.node(path, "open");
    if (node.kind !== "file") throw this.failure("EISDIR", "read", path);
    if (!this.may(node, 4)) throw this.failure("EACCES", "open", path);
    if (node.generate) return Buffer.from(node.generate());
    if (node.size === node.content.length || written) return node.content;
    if (node.size > LARGEST_READ) throw this.failure("ENOMEM", "read", path);
    return Buffer.concat([node.content, Buffer.alloc(node.size - node.content.length)]);
  }

  private write(path: string, bytes: Buffer, append: boolean): void {
    for (const [prefix, receive] of this.outlets) {
      if (!path.startsWith(prefix)) continue;
      receive(path, bytes);
      return;
    }
    if (path === "/dev/null") return;
    const file = this.writable(path, "open");
    const size = append ? file.size + bytes.length : bytes.length;
    this.reserve(size - file.size, path);
    if (!append) file.content = bytes;
    else if (file.size === file.content.length) file.content = Buffer.concat([file.content, bytes]);
    else file.content = Buffer.concat([this.read(path), bytes]);
    file.size = size;
    file.modified = Date.now();
  }

  private reserve(bytes: number, path: string): void {
    if (bytes > 4096 && this.disk.used + bytes > this.capacity) throw this.failure("ENOSPC", "write", path);
  }

  /** The file at `path` that this user may write to, made where there is none. */
  private writable(path: string, call: string): FileNode {
    const place = this.place(path, call, true);
    if (place.node?.kind === "directory") throw this.failure("EISDIR", call, path);
    if (place.node?.kind === "file") {
      if (!this.may(place.node, 2)) throw this.failure("EACCES", call, path);
      return place.node;
    }
    this.changing(place.parent, call, path);
    const file = this.disk.newFile(Buffer.alloc(0), this.ownership(0o666));
    place.parent.entries.set(place.name, file);
    return file;
  }

  private changing(directory: DirectoryNode, call: string, path: string): void {
    if (!this.may(directory, 3)) throw this.failure("EACCES", call, path);
    directory.modified = Date.now();
  }

  /** In a sticky directory (/tmp) only the owner of a file may remove it. */
  private unlinking(place: Place, call: string, path: string): void {
    this.changing(place.parent, call, path);
    const sticky = (place.parent.mode & 0o1000) !== 0;
    const mine = [place.parent.uid, place.node?.uid, 0].includes(this.who.uid);
    if (sticky && !mine && this.who.uid !== 0) throw this.failure("EPERM", call, path);
  }

  private ownership(mode: number, umask = this.umask) {
    return { mode: mode & ~umask, uid: this.who.uid, gid: this.who.gid };
  }
}

function describe(node: Node): FsStat {
  return {
    isFile: node.kind === "file",
    isDirectory: node.kind === "directory",
    isSymbolicLink: node.kind === "link",
    mode: node.mode,
    size: sizeOf(node),
    mtime: new Date(node.modified),
    ino: node.id,
    dev: 1,
  };
}

/** Bytes, as `ls -l` shows them. */
export function sizeOf(node: Node): number {
  if (node.kind === "file") return node.generate ? 0 : node.size;
  return node.kind === "link" ? node.target.length : 4096;
}

function toBuffer(content: FileContent, options: Encoding): Buffer {
  if (typeof content !== "string") return Buffer.from(content);
  return Buffer.from(content, (encodingOf(options) ?? "utf8") as BufferEncoding);
}

function encodingOf(options: Encoding): string | null | undefined {
  return typeof options === "object" ? options?.encoding : options;
}

function byName([a]: [string, Node], [b]: [string, Node]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
