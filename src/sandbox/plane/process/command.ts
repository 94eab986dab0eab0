import { constants } from "node:os";
import { homeOf, processEnvironment } from "./environment.ts";
import type { Scope } from "./process-host.ts";
import { quote, type Resolved, resolveCommand } from "./resolve.ts";
import type { RootFolder } from "./root-folder.ts";
import { type Output, type ProgramCall, runShell } from "./shell.ts";
import { registryEnvironment } from "./toolchain.ts";

export interface CommandOptions {
  readonly scope: Scope;
  readonly root: RootFolder;
  readonly argv: readonly string[];
  /** The container's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the container to start in. */
  readonly cwd: string;
  /** `USER` of the image; it says which folder is HOME. */
  readonly user: string;
  /** What else a process needs that the container does not see as its own, such as the way to npm's registry. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  /** Programs that only this container has, by name. */
  readonly programs?: Readonly<Record<string, OwnProgram>>;
  readonly onOutput: Output;
}

/** A program of the sandbox itself; resolves with its exit code. */
export type OwnProgram = (
  args: readonly string[],
  onOutput: Output,
  call: Pick<CommandOptions, "env" | "cwd" | "input"> & { readonly signal: AbortSignal },
) => Promise<number>;

/** A command that was started. */
export interface RunningCommand {
  /** Undefined: it is a script, which runs within the sandbox. */
  readonly pid: number | undefined;
  /** Exit code; 128 + the signal's number if a signal ended it. */
  readonly exited: Promise<number>;
  signal(signal: NodeJS.Signals): void;
  kill(): void;
}

/** The command cannot be run: there is no such program, or it is none. */
export class NotExecutable extends Error {
  /** As docker's: 127 not found, 126 not executable. */
  readonly exitCode: 126 | 127;

  constructor(why: string, exitCode: 126 | 127) {
    super(why);
    this.name = "NotExecutable";
    this.exitCode = exitCode;
  }
}

/**
 * Starts a command of a container or a build.
 *
 * @throws NotExecutable
 */
export function startCommand(options: CommandOptions): RunningCommand {
  const resolved = directly(resolve(options), options);
  if (resolved.kind === "impossible") throw new NotExecutable(resolved.why, resolved.exitCode);
  if (resolved.kind === "process") return startProcess(resolved, options);
  if (resolved.kind === "own") return startOwn(resolved, options);
  return startScript(resolved, options);
}

function resolve({ argv, root, cwd, env, programs = {} }: CommandOptions): Resolved {
  return resolveCommand(argv, { root, cwd, env, own: new Set(Object.keys(programs)) });
}

/** A script that only calls one program is that program, as a shell makes it by `exec`: it gets the signals. */
function directly(resolved: Resolved, options: CommandOptions): Resolved {
  if (resolved.kind !== "shell") return resolved;
  const plain = /^\s*(?:exec\s+)?([\w@%+:,./-]+(?:[ \t]+[\w@%+=:,./-]+)*)\s*$/.exec(resolved.script)?.[1];
  if (plain === undefined) return resolved;
  const program = resolve({ ...options, argv: plain.split(/[ \t]+/) });
  return program.kind === "process" || program.kind === "own" ? program : resolved;
}

function startProcess(
  { file, args, fetches }: Extract<Resolved, { kind: "process" }>,
  options: CommandOptions,
): RunningCommand {
  const { scope, root, cwd, env, user, extra, input, onOutput } = options;
  const child = scope.spawn({
    file,
    args,
    cwd: root.toHost(cwd),
    env: { ...(fetches && registryEnvironment()), ...extra, ...processEnvironment(env, root, user) },
    ...(input && { input }),
    onOutput,
  });
  const exited = child.exited.then(({ code, signal }) => code ?? 128 + (signal ? constants.signals[signal] : 9));
  return { pid: child.pid, exited, signal: child.signal, kill: child.kill };
}

function startOwn({ name, args }: Extract<Resolved, { kind: "own" }>, options: CommandOptions): RunningCommand {
  const ending = new AbortController();
  const end = () => ending.abort();
  const exited =
    options.programs?.[name]?.(args, options.onOutput, { ...options, signal: ending.signal }) ?? Promise.resolve(127);
  return { pid: undefined, exited, signal: end, kill: end };
}

function startScript(
  resolved: Extract<Resolved, { kind: "shell" | "builtin" }>,
  options: CommandOptions,
): RunningCommand {
  const { root, env, cwd, user, input, onOutput } = options;
  const ending = new AbortController();
  const running = new Set<RunningCommand>();
  /** Exit code of the program that ran when the script was ended. */
  let last: number | undefined;
  const run = async (call: ProgramCall) => {
    if (ending.signal.aborted) return 143;
    const program = startProgram({ ...options, ...call, input: call.input ?? new Uint8Array() }, call.onOutput);
    if (typeof program === "number") return program;
    running.add(program);
    const code = await program.exited.finally(() => running.delete(program));
    if (ending.signal.aborted) last = code;
    return code;
  };
  const script = resolved.kind === "shell" ? resolved.script : resolved.argv.map(quote).join(" ");
  const args = resolved.kind === "shell" ? resolved.args.slice(1) : [];
  const shellEnv = { HOME: homeOf(user), ...env };
  const { signal } = ending;
  const ended = runShell({ root, script, args, env: shellEnv, cwd, input, onOutput, signal, run });
  // What runs beside a script ends with it, as with the first process of a container.
  void ended.then(() => {
    if (!ending.signal.aborted) for (const program of running) program.kill();
  });
  // The shell ends at once, but what it ran may have to tidy up; `exec` has put that in the place of the shell.
  const exited = ended.then(async (code) => {
    await Promise.all([...running].map((one) => one.exited));
    return last ?? code;
  });
  return {
    pid: undefined,
    // A script of which a program was ended by force has ended too.
    exited,
    signal: (signal) => {
      ending.abort();
      for (const program of running) program.signal(signal);
    },
    kill: () => {
      ending.abort();
      for (const program of running) program.kill();
    },
  };
}

/** Exit code if it cannot be run, which is then said as a shell does. */
function startProgram(options: CommandOptions, onOutput: Output): RunningCommand | number {
  const name = options.argv[0] ?? "";
  try {
    return startCommand(options);
  } catch (error) {
    if (!(error instanceof NotExecutable)) throw error;
    const why = error.exitCode === 127 && !name.includes("/") ? `${name}: not found` : `${name}: ${error.message}`;
    onOutput(`/bin/sh: 1: ${why}\n`, "stderr");
    return error.exitCode;
  }
}
