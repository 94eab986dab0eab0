import { statfsSync } from "node:fs";
import { posix } from "node:path";
import type { Command, CommandContext, FileContent, IFileSystem } from "just-bash";
import { carefulCommands } from "../../shell/careful-commands.ts";
import { quote } from "./resolve.ts";
import type { Place, RootFolder } from "./root-folder.ts";
import { bundledPrograms, ownPrograms } from "./shell-programs.ts";
import {
  BACKGROUND,
  definitions,
  IS_PROGRAM,
  isProgramOfImage,
  LIVE,
  OUTLETS,
  prepareScript,
  RUN,
  WAIT,
} from "./shell-script.ts";

export type Output = (chunk: string, stream: "stdout" | "stderr") => void;

/** A program that the shell calls. */
export interface ProgramCall {
  readonly argv: readonly string[];
  /** The container's environment as the script has changed it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly input: Uint8Array | undefined;
  readonly onOutput: Output;
}

export interface ShellOptions {
  readonly root: RootFolder;
  readonly script: string;
  /** `$1` and what follows. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What is on its standard input. */
  readonly input?: Uint8Array | undefined;
  readonly onOutput: Output;
  readonly signal: AbortSignal;
  /** Runs a program to its end; resolves with its exit code. */
  readonly run: (call: ProgramCall) => Promise<number>;
}

/** Exit code of a script that was ended: that of a process which SIGTERM ended. */
const TERMINATED = 143;

/**
 * Runs a script of a container in just-bash, on any platform alike: for it `/` is the container's folder, so that
 * nothing else of this computer can be read, changed or deleted; only node, npm and scripts for them are processes.
 *
 * @returns the exit code
 */
export async function runShell(options: ShellOptions): Promise<number> {
  const { root, script, args, env, cwd, input, onOutput, signal } = options;
  const { Bash, MountableFs, ReadWriteFs, InMemoryFs, parse } = await import("just-bash");
  class Outlets extends InMemoryFs {
    override async writeFile(path: string, content: FileContent): Promise<void> {
      const text = typeof content === "string" ? content : Buffer.from(content).toString();
      if (text !== "") onOutput(text, path.endsWith("2") ? "stderr" : "stdout");
    }
    override appendFile(path: string, content: FileContent): Promise<void> {
      return this.writeFile(path, content);
    }
  }
  /** just-bash says of a full disk no more than its code. */
  class OnDisk extends ReadWriteFs {
    override writeFile(...args: Parameters<IFileSystem["writeFile"]>): Promise<void> {
      return inWords(super.writeFile(...args));
    }
    override appendFile(...args: Parameters<IFileSystem["appendFile"]>): Promise<void> {
      return inWords(super.appendFile(...args));
    }
    override mkdir(...args: Parameters<IFileSystem["mkdir"]>): Promise<void> {
      return inWords(super.mkdir(...args));
    }
    override cp(...args: Parameters<IFileSystem["cp"]>): Promise<void> {
      return inWords(super.cp(...args));
    }
  }
  const onDisk = (folder: string) => new OnDisk({ root: folder, allowSymlinks: true });
  /** Where there is a /usr/bin, just-bash has no command that is no file in it. */
  class Root extends MountableFs {
    override exists(path: string): Promise<boolean> {
      return path === "/usr/bin" ? Promise.resolve(false) : super.exists(path);
    }
  }
  const fs = new Root({ base: guarded(onDisk(root.folder), "/", root.places) });
  for (const { target, folder, readOnly = false } of root.mounts) {
    // A volume within another is a link there.
    const isWithin = root.mounts.some((other) => target.startsWith(`${other.target}/`));
    if (!isWithin) fs.mount(target, guarded(onDisk(folder), target, [{ target, readOnly }]));
  }
  fs.mount(OUTLETS, new Outlets());
  const functions = new Set<string>();
  const traps = new Map<string, string>();
  const bash = new Bash({
    fs,
    cwd,
    env: { ...env },
    commands: bundledPrograms,
    customCommands: [
      ...carefulCommands,
      ...ownCommands(root.folder),
      ...callingPrograms(options, functions),
      listingEnvironment,
      trapping(traps),
    ],
    // It patches globals of the whole process to guard against hostile scripts; these are the user's own.
    defenseInDepth: false,
    executionLimits: { maxExecutionTimeMs: Number.POSITIVE_INFINITY },
  });
  let isMain = true;
  bash.registerTransformPlugin({
    name: "programs-of-the-image",
    transform: ({ ast }) => {
      const { statements, ...prepared } = prepareScript(ast, isMain, functions);
      isMain = false;
      return { ast: { ...prepared, statements: [...parse(definitions).statements, ...statements] } };
    },
  });
  const run = async (text: string, variables?: Record<string, string>) => {
    isMain = true;
    const stdin = input && { stdin: Buffer.from(input).toString("latin1"), stdinKind: "bytes" as const };
    const settings = { rawScript: true, cwd, signal, ...stdin, ...(variables && { env: variables, replaceEnv: true }) };
    const { stdout, stderr, ...ended } = await bash.exec(text, settings).catch(unwritable);
    if (stdout && !signal.aborted) onOutput(stdout, "stdout");
    if (stderr && !signal.aborted) onOutput(stderr, "stderr");
    return ended;
  };
  const parameters = args.length > 0 ? `set -- ${args.map(quote).join(" ")}\n` : "";
  const { exitCode, env: left } = await run(parameters + script);
  const atExit = traps.get("EXIT");
  if (atExit !== undefined && !signal.aborted) await run(`(exit ${exitCode})\n${atExit}`, left);
  return signal.aborted ? TERMINATED : exitCode;
}

/** A script ends where it cannot write what it was told to write somewhere: just-bash throws that. */
function unwritable(error: Error): { stdout: string; stderr: string; exitCode: number; env: Record<string, string> } {
  if (!/^E[A-Z]+: /.test(error.message)) throw error;
  return { stdout: "", stderr: `/bin/sh: 1: ${error.message}\n`, exitCode: 2, env: {} };
}

/** Of the functions that change something, the positions of the paths that they change. */
const CHANGING: Readonly<Record<string, readonly number[]>> = {
  appendFile: [0],
  chmod: [0],
  cp: [1],
  link: [1],
  mkdir: [0],
  mv: [0, 1],
  rm: [0],
  symlink: [1],
  utimes: [0],
  writeFile: [0],
};

/** Files that are seen at a path of the container, and changed only where its places allow that; the innermost decides. */
function guarded<Files extends IFileSystem>(files: Files, at: string, places: readonly Place[]): Files {
  if (places.every(({ readOnly }) => !readOnly)) return files;
  const isReadOnly = (path: string) => {
    const around = places.filter(({ target }) => path === target || path.startsWith(`${target}/`));
    return around.sort((a, b) => b.target.length - a.target.length)[0]?.readOnly ?? false;
  };
  return new Proxy(files, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const changed = (CHANGING[String(name)] ?? []).map((index) => posix.join(at, String(args[index])));
        const path = changed.find(isReadOnly);
        if (path !== undefined) return Promise.reject(new Error(`EROFS: read-only file system, '${path}'`));
        return value.apply(target, args);
      };
    },
  });
}

/** Says of a disk that is full that it is. */
async function inWords(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith("ENOSPC: ") ? new Error(message.replace(": ", ": no space left on device, ")) : error;
  }
}

/**
 * `trap`: what stands for EXIT is run when the script has ended. A signal goes to the program that the script runs, and
 * ends the script with it, whatever stands for that.
 */
function trapping(traps: Map<string, string>): Command {
  return {
    name: "trap",
    async execute(args) {
      const [action, ...signals] = args[0] === "--" ? args.slice(1) : args;
      for (const name of signals.map((one) => one.toUpperCase().replace(/^SIG/, ""))) {
        const signal = name === "0" ? "EXIT" : name;
        if (action === undefined || action === "-" || action === "") traps.delete(signal);
        else traps.set(signal, action);
      }
      return { stdout: "", stderr: "", exitCode: 0 };
    },
  };
}

/** `.run`, `.live` and `.is-program` (see shell-script.ts), and the names by which `xargs`, `env` and `command -v` find programs. */
function callingPrograms({ run, onOutput }: ShellOptions, functions: ReadonlySet<string>): Command[] {
  const call = async (argv: readonly string[], context: CommandContext, to: Output) =>
    run({
      argv,
      env: context.exportedEnv ?? Object.fromEntries(context.env),
      cwd: context.cwd,
      input: context.stdin ? Buffer.from(String(context.stdin), "latin1") : undefined,
      onOutput: to,
    });
  const background = new Set<Promise<number>>();
  const collect = async (argv: readonly string[], context: CommandContext) => {
    const texts = { stdout: "", stderr: "" };
    const exitCode = await call(argv, context, (chunk, stream) => {
      texts[stream] += chunk;
    });
    return { ...texts, exitCode, stdoutKind: "text" as const };
  };
  return [
    {
      name: IS_PROGRAM,
      execute: async ([name = ""]) => ({ stdout: "", stderr: "", exitCode: isProgramOfImage(name, functions) ? 0 : 1 }),
    },
    { name: RUN, execute: collect },
    {
      name: LIVE,
      execute: async (argv, context) => ({ stdout: "", stderr: "", exitCode: await call(argv, context, onOutput) }),
    },
    {
      name: BACKGROUND,
      execute: async (argv, context) => {
        background.add(call(argv, context, onOutput));
        return { stdout: "", stderr: "", exitCode: 0 };
      },
    },
    {
      name: WAIT,
      execute: async () => {
        const codes = await Promise.all(background);
        return { stdout: "", stderr: "", exitCode: codes.at(-1) ?? 0 };
      },
    },
    ...["node", "npm", "npx"].map((name) => ({
      name,
      execute: (args: string[], context: CommandContext) => collect([name, ...args], context),
    })),
  ];
}

/** just-bash's own also lists what the shell keeps for itself. */
const listingEnvironment: Command = {
  name: "env",
  async execute(args, { exportedEnv = {}, origCommand }) {
    if (args.length > 0 && origCommand) return origCommand(args);
    return { stdout: listed(exportedEnv), stderr: "", exitCode: 0 };
  },
};

function listed(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** All files of a container belong to the user whose sandbox it is, whatever is asked for. */
function ownCommands(folder: string): Command[] {
  const answers: Record<(typeof ownPrograms)[number], (args: readonly string[], context: CommandContext) => string> = {
    chown: () => "",
    chgrp: () => "",
    sync: () => "",
    id: (args) => (args.includes("-u") ? "0\n" : "uid=0(root) gid=0(root) groups=0(root)\n"),
    df: (args) => fileSystemOf(folder, args),
    uname: (args) => (args.includes("-m") ? "x86_64\n" : "Linux\n"),
    // just-bash's own also shows what the shell keeps for itself.
    printenv: (args, { exportedEnv = {} }) =>
      args.length === 0
        ? listed(exportedEnv)
        : args.map((name) => (exportedEnv[name] === undefined ? "" : `${exportedEnv[name]}\n`)).join(""),
  };
  return ownPrograms.map((name) => ({
    name,
    execute: async (args, context) => {
      const stdout = answers[name](args, context);
      return { stdout, stderr: "", exitCode: name === "printenv" && stdout === "" ? 1 : 0 };
    },
  }));
}

/** What `df` says of the file system that a container's folder is on. */
function fileSystemOf(folder: string, args: readonly string[]): string {
  const { bsize, blocks, bfree, bavail } = statfsSync(folder);
  const used = blocks - bfree;
  const human = args.some((one) => /^-\w*h/.test(one));
  const shown = (count: number) => {
    const bytes = count * bsize;
    if (!human) return String(Math.ceil(bytes / 1024));
    const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 4);
    const value = bytes / 1024 ** step;
    return `${value < 10 && step > 0 ? value.toFixed(1) : Math.ceil(value)}${["", "K", "M", "G", "T"][step]}`;
  };
  const share = `${Math.ceil((used / Math.max(used + bavail, 1)) * 100)}%`;
  const row = (cells: readonly string[]) => {
    const [name = "", ...rest] = cells;
    const [mounted = ""] = rest.splice(-1);
    return `${name.padEnd(15)} ${rest.map((cell) => cell.padStart(9)).join(" ")} ${mounted}\n`;
  };
  const head = [
    "Filesystem",
    human ? "Size" : "1K-blocks",
    "Used",
    human ? "Avail" : "Available",
    "Use%",
    "Mounted on",
  ];
  return row(head) + row(["overlay", shown(blocks), shown(used), shown(bavail), share, "/"]);
}
