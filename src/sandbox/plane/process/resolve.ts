import { accessSync, closeSync, constants, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { posix } from "node:path";
import { BASH, EXECUTES, NOT_EMULATED } from "../packages/places.ts";
import type { RootFolder } from "./root-folder.ts";
import { shellPrograms } from "./shell-programs.ts";
import { toolchain } from "./toolchain.ts";

/** What a command of a container is on this computer. */
export type Resolved =
  | {
      readonly kind: "process";
      readonly file: string;
      readonly args: readonly string[];
      /** It fetches packages, with what the user's own npm is set to. */
      readonly fetches?: boolean;
    }
  /** A script for the shell, with the values of `$0`, `$1` ... */
  | { readonly kind: "shell"; readonly script: string; readonly args: readonly string[] }
  /** One of the shell's own programs, such as `ls`. */
  | { readonly kind: "builtin"; readonly argv: readonly string[] }
  /** A program of the sandbox itself. */
  | { readonly kind: "own"; readonly name: string; readonly args: readonly string[] }
  /** It cannot be run: docker's exit code and the words of the error. */
  | { readonly kind: "impossible"; readonly exitCode: 126 | 127; readonly why: string };

export interface Place {
  readonly root: RootFolder;
  readonly cwd: string;
  /** The container's, with the PATH of the image. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the programs that only this container has. */
  readonly own: ReadonlySet<string>;
}

const SHELLS = new Set(["sh", "bash", "dash", "ash"]);
const SYSTEM_FOLDERS = new Set(["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]);

/** Finds what to run: a file of the image, the user's Node and npm, or the shell's own programs. */
export function resolveCommand(argv: readonly string[], place: Place): Resolved {
  const [name = "", ...args] = argv;
  const system = nameInSystem(name);
  if (system !== undefined && SHELLS.has(system) && isThere(system, place)) return shell(system, args, place);
  const file = findFile(name, place);
  if (file !== undefined) return runFile(name, file, args, place);
  const base = system;
  if (base === undefined) return notFound(`stat ${name}: no such file or directory`);
  if (place.own.has(base)) return { kind: "own", name: base, args };
  const { node, npm, npx } = toolchain();
  if (base === "node" || base === "nodejs") return nodeProcess([...args], place);
  if (base === "npm" && npm !== undefined) return { ...nodeProcess([npm, ...args], place), fetches: true };
  if (base === "npx" && npx !== undefined) return { ...nodeProcess([npx, ...args], place), fetches: true };
  if (base === "npm" || base === "npx") return notFound(`there is no npm beside your Node (${node})`);
  if (base === "docker-entrypoint.sh") return entrypoint(args, place);
  if (place.root.exists(`${NOT_EMULATED}/${base}`)) {
    return { kind: "impossible", exitCode: 126, why: `the sandbox does not emulate ${base}. On AWS it exists` };
  }
  if (shellPrograms.has(base)) return { kind: "builtin", argv: [base, ...args] };
  return notFound(`exec: "${name}": executable file not found in $PATH`);
}

/** Alpine has no bash until it is installed. */
function isThere(name: string, { root }: Place): boolean {
  return name !== "bash" || !root.exists("/etc/alpine-release") || root.exists(BASH);
}

function notFound(why: string): Resolved {
  return { kind: "impossible", exitCode: 127, why };
}

/** The script of the node image (docker-node, docker-entrypoint.sh): what is no command is an argument of node. */
function entrypoint(args: readonly string[], place: Place): Resolved {
  const [first = "node"] = args;
  const isCommand =
    !first.startsWith("-") && (isProgram(first, place) || resolveCommand([first], place).kind !== "impossible");
  return isCommand ? resolveCommand(args.length === 0 ? [first] : args, place) : nodeProcess([...args], place);
}

/** Whether it is there to be called, also if it wants words after it, as tini does, or will say that the sandbox has it not. */
function isProgram(name: string, place: Place): boolean {
  const file = findFile(name, place);
  return (file !== undefined && isExecutable(file)) || place.root.exists(`${NOT_EMULATED}/${posix.basename(name)}`);
}

/** Name of a program of the system; undefined: it is a path to somewhere else. */
function nameInSystem(name: string): string | undefined {
  if (!name.includes("/")) return name;
  return SYSTEM_FOLDERS.has(posix.dirname(name)) ? posix.basename(name) : undefined;
}

function findFile(name: string, { root, cwd, env }: Place): string | undefined {
  if (name.includes("/")) return isFile(root.toHost(name, cwd)) ? root.toHost(name, cwd) : undefined;
  const folders = (env.PATH ?? "").split(":").filter((folder) => folder !== "");
  return folders.map((folder) => root.toHost(posix.join(folder, name), cwd)).find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function runFile(name: string, file: string, args: readonly string[], place: Place): Resolved {
  if (!isExecutable(file)) {
    return { kind: "impossible", exitCode: 126, why: `exec: "${name}": permission denied` };
  }
  // A link into the package that it belongs to, as npm makes them.
  const real = realpathSync(file);
  const interpreter = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(headOf(real))?.[1];
  const program = interpreter === undefined ? undefined : posix.basename(interpreter);
  if (program === "node") {
    return {
      ...nodeProcess([real, ...(isDeploy(name, args) ? args.map((arg) => within(arg, place.root)) : args)], place),
      fetches: /^(yarn|pnpm|pnpx|corepack|npx|npm)$/.test(posix.basename(name)),
    };
  }
  const path = place.root.fromHost(real) ?? name;
  if (program === EXECUTES) return executed(headOf(real), args, place);
  if (program !== undefined && SHELLS.has(program) && isThere(program, place))
    return shell(program, [path, ...args], place);
  const why = program === undefined ? "exec format error" : `its interpreter ${interpreter} is not in the image`;
  return { kind: "impossible", exitCode: 126, why: `exec ${name}: ${why}` };
}

/** `pnpm deploy FOLDER` makes its folder: that it is a path shows nowhere yet. */
function isDeploy(name: string, args: readonly string[]): boolean {
  return posix.basename(name) === "pnpm" && args.includes("deploy") && !args.includes("run") && !args.includes("exec");
}

function within(arg: string, root: RootFolder): string {
  return posix.isAbsolute(arg) ? root.toHost(arg) : arg;
}

/** tini, gosu and the like: what they run takes their place. */
function executed(head: string, args: readonly string[], place: Place): Resolved {
  const operands = Number(head.trim().split(" ").at(-1));
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !/^-[pe]$/.test(args[index - 1] ?? ""));
  const command = at < 0 ? [] : args.slice(at + operands);
  return command.length > 0 ? resolveCommand(command, place) : notFound("no command to run");
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return (statSync(file).mode & 0o111) !== 0 || process.platform === "win32";
  } catch {
    return false;
  }
}

function headOf(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(256);
    return buffer.toString("utf8", 0, readSync(descriptor, buffer)).split("\n", 1)[0] ?? "";
  } finally {
    closeSync(descriptor);
  }
}

/** Arguments that are paths of the container become paths of this computer; everything else stays as it is. */
function nodeProcess(args: string[], { root }: Place): Extract<Resolved, { kind: "process" }> {
  const mapped = args.map((arg) => (isContainerPath(arg, root) ? root.toHost(arg) : arg));
  return { kind: "process", file: toolchain().node, args: mapped };
}

function isContainerPath(arg: string, root: RootFolder): boolean {
  return posix.isAbsolute(arg) && arg !== "/" && root.exists(arg);
}

/** `sh -c script name arguments` or `sh file arguments`; options of set (`-e`, `-x`, `-o pipefail`) go before it. */
function shell(name: string, args: readonly string[], place: Place): Resolved {
  const settings: string[] = [];
  let command = false;
  let at = 0;
  for (; at < args.length && args[at]?.startsWith("-"); at++) {
    const option = args[at] ?? "";
    if (option === "--") {
      at += 1;
      break;
    }
    if (option === "-o") settings.push("-o", args[++at] ?? "");
    else if (/^-[a-z]+$/.test(option)) {
      command ||= option.includes("c");
      const others = option.slice(1).replace(/[cli]/g, "");
      if (others) settings.push(`-${others}`, ...(others.endsWith("o") ? [args[++at] ?? ""] : []));
    } else if (option !== "--login") {
      return { kind: "impossible", exitCode: 127, why: `${name}: ${option}: the sandbox's shell has no such option` };
    }
  }
  const [first, ...rest] = args.slice(at);
  const before = settings.length > 0 ? `set ${settings.join(" ")}\n` : "";
  if (first === undefined) return { kind: "shell", script: "", args: [name] };
  if (command) return { kind: "shell", script: before + first, args: rest.length > 0 ? rest : [name] };
  const file = place.root.toHost(first, place.cwd);
  if (!isFile(file)) return notFound(`${name}: ${first}: No such file or directory`);
  return { kind: "shell", script: before + readFileSync(file, "utf8"), args: [first, ...rest] };
}

/** A word of a shell script that stands for exactly this text. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
