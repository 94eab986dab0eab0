import { parseOptions } from "../../shell/options.ts";
import { groups, users } from "../accounts.ts";
import type { Node } from "../disk.ts";
import { type FileSystemError, sizeOf } from "../file-system.ts";
import { humanSize } from "../memory.ts";
import { fail, notEmulated, type Process, type Programs } from "../program.ts";

/** An entry of a folder, or a path named on the command line. */
interface Entry {
  readonly name: string;
  readonly node: Node;
  readonly target?: string;
}

/** `ls` and `stat`, which tell who owns a file; just-bash's own do not know owners. */
export const listingPrograms: Programs = {
  async ls(args, process) {
    const known = [
      "l",
      "a|all",
      "A|almost-all",
      "1",
      "d|directory",
      "h|human-readable",
      "R|recursive",
      "t",
      "r|reverse",
      "S",
      "n|numeric-uid-gid",
      "F|classify",
      "i|inode",
      "color",
      "p",
      "L",
      "s",
    ];
    const { options, operands, unknown } = parseOptions(args, known);
    if (unknown) return notEmulated(`the option ${unknown} of ls`);
    let stdout = "";
    let stderr = "";
    const files: Entry[] = [];
    const folders: string[] = [];
    for (const path of operands.length > 0 ? operands : ["."]) {
      try {
        const full = process.fs.resolvePath(process.cwd, path);
        const node = process.fs.node(full, "stat", !options.has("l") && !options.has("d"));
        if (node.kind === "directory" && !options.has("d")) folders.push(path);
        else files.push({ name: path, node });
      } catch (error) {
        stderr += `ls: cannot access '${path}': ${(error as FileSystemError).reason}\n`;
      }
    }
    if (files.length > 0) stdout += list(files, options, process);
    for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
      const path = next;
      try {
        const entries = await entriesOf(path, options, process);
        const titled = operands.length > 1 || options.has("R");
        if (titled) stdout += `${stdout === "" ? "" : "\n"}${path}:\n`;
        const blocks = entries.reduce((sum, { node }) => sum + Math.ceil(sizeOf(node) / 4096) * 4, 0);
        if (options.has("l")) stdout += `total ${options.has("h") ? humanSize(blocks * 1024) : blocks}\n`;
        stdout += list(entries, options, process);
        const inner = entries.filter(({ name, node }) => node.kind === "directory" && name !== "." && name !== "..");
        if (options.has("R")) folders.unshift(...inner.map(({ name }) => `${path.replace(/\/$/, "")}/${name}`));
      } catch (error) {
        stderr += `ls: cannot open directory '${path}': ${(error as FileSystemError).reason}\n`;
      }
    }
    return { stdout, stderr, exitCode: stderr === "" ? 0 : 2 };
  },

  stat(args, process) {
    const { options, operands, unknown } = parseOptions(args, ["c|format=", "printf=", "L|dereference", "t|terse"]);
    if (unknown || options.has("t")) return notEmulated(`the option ${unknown ?? "-t"} of stat`);
    const format = options.get("c") ?? options.get("printf");
    let stdout = "";
    for (const path of operands) {
      try {
        const node = process.fs.node(process.fs.resolvePath(process.cwd, path), "stat", options.has("L"));
        stdout += format === undefined ? report(path, node, process) : formatted(format, path, node, process);
        if (options.has("c")) stdout += "\n";
      } catch (error) {
        return fail(`stat: cannot statx '${path}': ${(error as FileSystemError).reason}\n`, 1, stdout);
      }
    }
    return { stdout, stderr: "", exitCode: 0 };
  },
};

async function entriesOf(path: string, options: ReadonlyMap<string, string>, { fs, cwd }: Process): Promise<Entry[]> {
  const full = fs.resolvePath(cwd, path);
  const hidden = options.has("a") || options.has("A");
  const names = (await fs.readdir(full)).filter((name) => hidden || !name.startsWith("."));
  const entries = names.map((name): Entry => ({ name, node: fs.node(`${full}/${name}`, "stat", false) }));
  if (options.has("t")) entries.sort((a, b) => b.node.modified - a.node.modified);
  if (options.has("S")) entries.sort((a, b) => sizeOf(b.node) - sizeOf(a.node));
  if (options.has("r")) entries.reverse();
  if (!options.has("a")) return entries;
  return [{ name: ".", node: fs.node(full) }, { name: "..", node: fs.node(fs.resolvePath(full, "..")) }, ...entries];
}

function list(entries: readonly Entry[], options: ReadonlyMap<string, string>, { system }: Process): string {
  const marked = ({ name, node }: Entry) => {
    const directory = node.kind === "directory" && (options.has("F") || options.has("p"));
    const mark = directory ? "/" : options.has("F") && node.kind === "file" && node.mode & 0o111 ? "*" : "";
    return `${name}${mark}`;
  };
  const inode = (node: Node) => (options.has("i") ? `${node.id} ` : "");
  if (!options.has("l") && !options.has("n"))
    return entries.map((entry) => `${inode(entry.node)}${marked(entry)}\n`).join("");
  const names = namesOf(system);
  const rows = entries.map((entry) => {
    const { node } = entry;
    const links =
      node.kind === "directory" ? 2 + [...node.entries.values()].filter(({ kind }) => kind === "directory").length : 1;
    const size = options.has("h") ? humanSize(sizeOf(node)) : String(sizeOf(node));
    const owner = options.has("n")
      ? [String(node.uid), String(node.gid)]
      : [names.user(node.uid), names.group(node.gid)];
    const target = node.kind === "link" ? ` -> ${node.target}` : "";
    return [
      `${inode(node)}${modeText(node)}.`,
      String(links),
      ...owner,
      size,
      shortTime(node.modified),
      `${marked(entry)}${target}`,
    ];
  });
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const right = new Set([1, 4]);
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === 6 ? cell : right.has(column) ? cell.padStart(width(column)) : cell.padEnd(width(column)))).join(" ")}\n`,
    )
    .join("");
}

function namesOf({ disk }: Process["system"]) {
  const people = new Map(users(disk).map(({ uid, name }) => [uid, name]));
  const bands = new Map(groups(disk).map(({ gid, name }) => [gid, name]));
  return {
    user: (uid: number) => people.get(uid) ?? String(uid),
    group: (gid: number) => bands.get(gid) ?? String(gid),
  };
}

/** `drwxr-xr-x`. */
function modeText({ kind, mode }: Node): string {
  const letters = "rwxrwxrwx".split("").map((letter, index) => (mode & (0o400 >> index) ? letter : "-"));
  if (mode & 0o1000) letters[8] = letters[8] === "x" ? "t" : "T";
  if (mode & 0o2000) letters[5] = letters[5] === "x" ? "s" : "S";
  if (mode & 0o4000) letters[2] = letters[2] === "x" ? "s" : "S";
  return `${kind === "directory" ? "d" : kind === "link" ? "l" : "-"}${letters.join("")}`;
}

/** `Nov 22 04:01`. */
function shortTime(time: number): string {
  const [, day = "", month, , clock = ""] = new Date(time).toUTCString().split(" ");
  return `${month} ${String(Number(day)).padStart(2)} ${clock.slice(0, 5)}`;
}

const kinds = { file: "regular file", directory: "directory", link: "symbolic link" } as const;

function formatted(format: string, path: string, node: Node, { system }: Process): string {
  const names = namesOf(system);
  const values: Readonly<Record<string, string>> = {
    n: path,
    N: `'${path}'`,
    s: String(sizeOf(node)),
    a: node.mode.toString(8),
    A: modeText(node),
    u: String(node.uid),
    g: String(node.gid),
    U: names.user(node.uid),
    G: names.group(node.gid),
    F: node.kind === "file" && sizeOf(node) === 0 ? "regular empty file" : kinds[node.kind],
    i: String(node.id),
    Y: String(Math.floor(node.modified / 1000)),
    y: longTime(node.modified),
    b: String(Math.ceil(sizeOf(node) / 512)),
    h: "1",
    "%": "%",
  };
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => values[letter] ?? whole).replaceAll("\\n", "\n");
}

function report(path: string, node: Node, process: Process): string {
  const time = longTime(node.modified);
  return formatted(
    `  File: %n\\n  Size: %s\\tBlocks: %b\\tIO Block: 4096   %F\\nDevice: 10301h/66305d\\tInode: %i\\tLinks: %h\\n` +
      `Access: (${node.mode.toString(8).padStart(4, "0")}/%A)  Uid: (%u/%U)   Gid: (%g/%G)\\nAccess: ${time}\\nModify: ${time}\\nChange: ${time}\\n Birth: -\\n`,
    path,
    node,
    process,
  ).replaceAll("\\t", "\t");
}

function longTime(time: number): string {
  return new Date(time).toISOString().replace("T", " ").replace("Z", "000000 +0000");
}
