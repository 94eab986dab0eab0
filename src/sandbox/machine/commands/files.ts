import { parseOptions } from "../../shell/options.ts";
import { findGroup, findUser } from "../accounts.ts";
import type { FileSystemError } from "../file-system.ts";
import { parseSize } from "../memory.ts";
import { fail, notEmulated, ok, type Process, type Program, type Programs, type Result } from "../program.ts";

export const filePrograms: Programs = {
  chown: changeOwner("chown"),
  chgrp: changeOwner("chgrp"),

  async dd(args, process) {
    const operands = new Map(args.map((argument) => splitOnce(argument)));
    const known = new Set(["if", "of", "bs", "count", "status", "conv", "oflag", "iflag"]);
    const odd = [...operands.keys()].find((name) => !known.has(name));
    if (odd !== undefined) return notEmulated(`dd ${odd}=`);
    const blockSize = parseSize(operands.get("bs") ?? "512");
    const count = parseSize(operands.get("count") ?? "");
    if (!blockSize) return fail(`dd: invalid number: '${operands.get("bs")}'\n`);
    const memory = process.system.facts.memoryMiB * 2 ** 20;
    if (blockSize > memory) return fail(`dd: memory exhausted by input buffer of size ${blockSize} bytes\n`);
    return copyBlocks({ operands, blockSize, count, process });
  },

  async fallocate(args, { fs, cwd }) {
    const { options, operands, unknown } = parseOptions(args, ["l|length=", "v|verbose"]);
    const size = parseSize(options.get("l") ?? "");
    const [path] = operands;
    if (unknown) return notEmulated(`the option ${unknown} of fallocate`);
    if (path === undefined) return fail("fallocate: no filename specified\n");
    if (!size) return fail("fallocate: failed to parse length\n");
    try {
      const full = fs.resolvePath(cwd, path);
      const before = (await fs.exists(full)) ? (await fs.stat(full)).size : 0;
      fs.resize(full, Math.max(size, before));
      return ok();
    } catch (error) {
      const { code } = error as FileSystemError;
      if (code === "ENOSPC") return fail("fallocate: fallocate failed: No space left on device\n");
      return fail(`fallocate: cannot open ${path}: ${reason(error)}\n`);
    }
  },

  truncate(args, { fs, cwd }) {
    const { options, operands, unknown } = parseOptions(args, ["s|size=", "c|no-create"]);
    const size = parseSize(options.get("s") ?? "");
    if (unknown || size === undefined) return notEmulated("truncate without -s SIZE");
    return each("truncate: cannot open", operands, (path) => fs.resize(fs.resolvePath(cwd, path), size));
  },

  async mktemp(args, { fs, cwd }) {
    const { options, operands, unknown } = parseOptions(args, ["d|directory", "p|tmpdir=", "t", "q|quiet"]);
    if (unknown) return notEmulated(`the option ${unknown} of mktemp`);
    const [template = "tmp.XXXXXXXXXX"] = operands;
    const random = template.replace(/X{3,}/, (holes) =>
      Math.random().toString(36).slice(2).padEnd(holes.length, "a").slice(0, holes.length),
    );
    const folder = options.get("p") ?? (operands.length === 0 || options.has("t") ? "/tmp" : cwd);
    const path = fs.resolvePath(folder, random);
    try {
      if (options.has("d")) await fs.mkdir(path);
      else await fs.writeFile(path, "");
      await fs.chmod(path, options.has("d") ? 0o700 : 0o600);
    } catch (error) {
      return fail(`mktemp: failed to create file via template '${template}': ${reason(error)}\n`);
    }
    return ok(`${operands.length > 0 && !template.startsWith("/") && folder === cwd ? random : path}\n`);
  },

  realpath(args, { fs, cwd }) {
    const { operands } = parseOptions(args, ["e", "m", "s", "q"]);
    return collect("realpath", operands, async (path) => `${await fs.realpath(fs.resolvePath(cwd, path))}\n`);
  },

  async install(args, process) {
    const { options, operands, unknown } = parseOptions(args, [
      "d|directory",
      "m|mode=",
      "o|owner=",
      "g|group=",
      "D",
      "v",
      "p",
    ]);
    if (unknown) return notEmulated(`the option ${unknown} of install`);
    const { fs, cwd } = process;
    const mode = Number.parseInt(options.get("m") ?? "755", 8);
    const owner = idsOf(`${options.get("o") ?? ""}:${options.get("g") ?? ""}`, process);
    if (typeof owner === "string") return fail(`install: invalid user: '${options.get("o")}'\n`);
    const target = operands.at(-1) ?? "";
    const pairs: [string | undefined, string][] = options.has("d")
      ? operands.map((path) => [undefined, path])
      : await Promise.all(operands.slice(0, -1).map((path) => into(path, target, process)));
    return each(
      "install: cannot create regular file",
      pairs.map(([, to]) => to),
      async (to) => {
        const full = fs.resolvePath(cwd, to);
        const from = pairs.find(([, path]) => path === to)?.[0];
        if (options.has("D")) await fs.mkdir(fs.resolvePath(full, ".."), { recursive: true });
        if (from === undefined) await fs.mkdir(full, { recursive: true });
        else await fs.cp(fs.resolvePath(cwd, from), full);
        await fs.chmod(full, mode);
        if (options.has("o") || options.has("g")) fs.chown(full, owner.uid, owner.gid);
      },
    );
  },

  sync: () => ok(),
  less: showFiles,
  more: showFiles,
};

function showFiles(args: readonly string[], process: Process): Promise<Result> {
  return process.exec(["cat", ...args.filter((argument) => !argument.startsWith("-"))]);
}

function changeOwner(name: "chown" | "chgrp"): Program {
  return async (args, process) => {
    const { options, operands, unknown } = parseOptions(args, [
      "R|recursive",
      "h|no-dereference",
      "v|verbose",
      "f|silent|quiet",
    ]);
    if (unknown) return notEmulated(`the option ${unknown} of ${name}`);
    const [owner, ...paths] = operands;
    if (owner === undefined || paths.length === 0) return fail(`${name}: missing operand\n`);
    const ids = idsOf(name === "chown" ? owner : `:${owner}`, process);
    if (typeof ids === "string") return fail(`${name}: invalid ${ids}: '${owner}'\n`);
    const { fs, cwd } = process;
    const change = async (path: string): Promise<void> => {
      const node = fs.node(path, "chown", false);
      fs.chown(path, ids.uid, ids.gid, node.kind === "link" && !options.has("R") && !options.has("h"));
      if (!options.has("R") || node.kind !== "directory") return;
      for (const child of await fs.readdir(path)) await change(`${path}/${child}`);
    };
    const verb = name === "chown" ? "ownership" : "group";
    return each(
      (path, why) => {
        const missing = why === "No such file or directory";
        return missing
          ? `${name}: cannot access '${path}': ${why}\n`
          : `${name}: changing ${verb} of '${path}': ${why}\n`;
      },
      paths,
      (path) => change(fs.resolvePath(cwd, path)),
    );
  };
}

/** Ids of `user`, `user:group`, `user:` or `:group`; the word for what is invalid. */
function idsOf(
  owner: string,
  { system }: Process,
): { uid: number | undefined; gid: number | undefined } | "user" | "group" {
  const [user = "", group] = owner.replace(".", ":").split(":");
  const found = findUser(system.disk, user);
  if (user !== "" && !found && !/^\d+$/.test(user)) return "user";
  const uid = user === "" ? undefined : (found?.uid ?? Number(user));
  if (group === undefined) return { uid, gid: undefined };
  if (group === "") return { uid, gid: user === "" ? undefined : found?.gid };
  const gid = findGroup(system.disk, group)?.gid ?? (/^\d+$/.test(group) ? Number(group) : undefined);
  return gid === undefined ? "group" : { uid, gid };
}

async function into(from: string, target: string, { fs, cwd }: Process): Promise<[string, string]> {
  const full = fs.resolvePath(cwd, target);
  const folder = (await fs.exists(full)) && (await fs.stat(full)).isDirectory;
  return [from, folder ? `${full}/${from.slice(from.lastIndexOf("/") + 1)}` : target];
}

interface Copy {
  operands: ReadonlyMap<string, string>;
  blockSize: number;
  count: number | undefined;
  process: Process;
}

/** Copies whole blocks. Zeros are not held in memory, only counted. */
async function copyBlocks({ operands, blockSize, count, process }: Copy): Promise<Result> {
  const started = performance.now();
  const { fs, cwd } = process;
  const source = operands.get("if");
  const target = operands.get("of");
  const endless = source === "/dev/zero" || source === "/dev/urandom" || source === "/dev/random";
  let bytes = Buffer.alloc(0);
  if (endless && count === undefined) return notEmulated(`dd from ${source} without count=`);
  if (!endless) {
    try {
      const input =
        source === undefined
          ? Buffer.from(process.stdin)
          : Buffer.from(await fs.readFileBuffer(fs.resolvePath(cwd, source)));
      bytes = input.subarray(0, count === undefined ? input.length : blockSize * count);
    } catch (error) {
      return fail(`dd: failed to open '${source}': ${reason(error)}\n`);
    }
  }
  const size = endless ? blockSize * (count ?? 0) : bytes.length;
  const summary = (copied: number) =>
    statistics(copied, blockSize, performance.now() - started, operands.get("status"));
  if (target === undefined) return { stdout: bytes.toString(), stderr: summary(size), exitCode: 0 };
  const path = fs.resolvePath(cwd, target);
  if (path === "/dev/null") return { ...ok(), stderr: summary(size) };
  try {
    await fs.writeFile(path, bytes);
  } catch (error) {
    return fail(`dd: failed to open '${target}': ${reason(error)}\n`);
  }
  try {
    fs.resize(path, size);
  } catch (error) {
    const room = Math.max(process.system.volumeBytes - process.system.disk.used, 0);
    fs.resize(path, room);
    return fail(`dd: error writing '${target}': ${reason(error)}\n${summary(room)}`);
  }
  return { ...ok(), stderr: summary(size) };
}

function statistics(bytes: number, blockSize: number, milliseconds: number, status: string | undefined): string {
  if (status === "none") return "";
  const records = `${Math.floor(bytes / blockSize)}+${bytes % blockSize === 0 ? 0 : 1} records`;
  const seconds = milliseconds / 1000;
  const sizes = bytes < 1000 ? "" : ` (${amount(bytes, 1000, decimalUnits)}, ${amount(bytes, 1024, binaryUnits)})`;
  const rate = amount(bytes / Math.max(seconds, 1e-6), 1000, decimalUnits);
  const copied = `${bytes} bytes${sizes} copied, ${seconds.toPrecision(3)} s, ${rate}/s`;
  return `${records} in\n${records} out\n${status === "noxfer" ? "" : `${copied}\n`}`;
}

const decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB"];
const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `4.3 GB`, `69 MB`, as dd writes amounts. */
function amount(bytes: number, base: number, units: readonly string[]): string {
  let value = bytes;
  let step = 0;
  while (value >= base && step < units.length - 1) {
    value /= base;
    step++;
  }
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

/** Does something to each path, going on after a failure as the real tools do. */
async function each(
  prefix: string | ((path: string, why: string) => string),
  paths: readonly string[],
  act: (path: string) => unknown,
): Promise<Result> {
  let stderr = "";
  for (const path of paths) {
    try {
      await act(path);
    } catch (error) {
      stderr += typeof prefix === "string" ? `${prefix} '${path}': ${reason(error)}\n` : prefix(path, reason(error));
    }
  }
  return { stdout: "", stderr, exitCode: stderr === "" ? 0 : 1 };
}

async function collect(
  name: string,
  paths: readonly string[],
  act: (path: string) => Promise<string>,
): Promise<Result> {
  let stdout = "";
  const done = await each(
    (path, why) => `${name}: ${path}: ${why}\n`,
    paths,
    async (path) => {
      stdout += await act(path);
    },
  );
  return { ...done, stdout };
}

/** Linux's words for an error of the disk. */
function reason(error: unknown): string {
  return (error as FileSystemError).reason;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
