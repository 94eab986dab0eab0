import { StringDecoder } from "node:string_decoder";
import type { Command, CommandContext, CommandName, ScriptNode } from "just-bash";
import { carefulCommands } from "../shell/careful-commands.ts";
import { credentialsOf, type User } from "./accounts.ts";
import { imageCommands } from "./base-image.ts";
import { programs } from "./commands/index.ts";
import { FileSystemError, UserFileSystem } from "./file-system.ts";
import type { Process, Program, Result, ShellState, SpawnOptions } from "./program.ts";
import { quote } from "./quote.ts";
import { atHome, correct, definitions, functionsOf, liveOutlets, liveOutput, prepareMain } from "./script.ts";
import type { System } from "./system.ts";

export type Stream = "stdout" | "stderr";

export interface ShellOptions extends Omit<SpawnOptions, "stdin"> {
  readonly stdin?: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with what the script writes, at the latest when each of its statements ends. */
  readonly onOutput?: ((stream: Stream, chunk: string) => void) | undefined;
}

/** Variables that bash sets by itself and does not export. */
const unexported = { IFS: " \t\n", OPTIND: "1", OSTYPE: "linux-gnu", PS4: "+ " };

/** Exit code of a cancelled script: that of a process which SIGTERM ended. */
const TERMINATED = 143;

/** Runs a script in a new bash, as `user`. Ends at once, with 143, when `options.signal` is aborted. */
export async function runScript(
  system: System,
  user: User,
  script: string,
  options: ShellOptions = {},
): Promise<Result> {
  const { serialize } = await import("just-bash");
  const bash = await startBash(system, user, options);
  try {
    const parameters = (options.args ?? []).map(quote).join(" ");
    const text = parameters ? `set -- ${parameters}; ${script}` : script;
    let { exitCode, env } = await bash.execute(text, bash.variables, options.stdin);
    const { onExit } = bash.state;
    if (onExit !== undefined && !options.signal?.aborted) {
      const ended = await bash.execute(
        `${bash.functions()}\n(exit ${exitCode})\n${onExit}`,
        bash.state.variablesAtExit ?? env,
      );
      if (/\bexit\b/.test(onExit)) exitCode = ended.exitCode;
    }
    for (const [index, command] of bash.substitutions.entries()) {
      await bash.execute(serialize(command), bash.variables, bash.output.collected(`${SUBSTITUTION}${index}`));
    }
    return { ...bash.output.texts, exitCode: options.signal?.aborted ? TERMINATED : exitCode };
  } finally {
    bash.close();
  }
}

/** A just-bash on the machine's disk, with the commands that are on it, that behaves as bash does (see script.ts). */
async function startBash(system: System, user: User, { cwd = "/", env = {}, signal, onOutput }: ShellOptions) {
  const { Bash, parse, serialize } = await import("just-bash");
  const fs = new UserFileSystem(system.disk, credentialsOf(system.disk, user), system.volumeBytes);
  const output = outputOf(fs, onOutput);
  const state: ShellState = { onExit: undefined, variablesAtExit: undefined };
  const exported: Record<string, string> = { PWD: cwd, ...env };
  const bash = new Bash({
    fs,
    cwd,
    env: exported,
    commands: bundled,
    // It patches globals of the whole process to guard against hostile scripts; these are the user's own.
    defenseInDepth: false,
    processInfo: { pid: system.newPid(), ppid: 1, uid: user.uid, gid: user.gid },
    executionLimits: { maxExecutionTimeMs: Number.POSITIVE_INFINITY },
  });
  for (const command of carefulCommands) bash.registerCommand(command);
  const close = system.onCommand((name) => {
    const program = programs[name];
    if (program) bash.registerCommand(commandOf(name, program, { system, user, fs, shell: state }));
    else if (isPackaged(name)) bash.registerCommand(packagedCommand(name, fs));
  });
  const substitutions: ScriptNode[] = [];
  let functions: ScriptNode = { type: "Script", statements: [] };
  let main = true;
  const defined = (ast: ScriptNode) => ({ ...ast, statements: [...parse(definitions).statements, ...ast.statements] });
  bash.registerTransformPlugin({
    name: "bash-semantics",
    transform({ ast }) {
      if (exported.HOME === undefined) atHome(ast, user.home);
      if (!main) return { ast: defined(correct(ast)) };
      main = false;
      functions = functionsOf(ast);
      const collect = (command: ScriptNode) => `${SUBSTITUTION}${substitutions.push(command) - 1}`;
      return { ast: defined(correct(prepareMain(ast, { ...outlets, collect }))) };
    },
  });
  const execute = async (script: string, variables: Record<string, string>, stdin = "") => {
    main = true;
    try {
      const settings = { rawScript: true, cwd, env: variables, replaceEnv: true, stdin, ...(signal && { signal }) };
      const result = await bash.exec(script, settings);
      output.add("stdout", result.stdout);
      if (!signal?.aborted) output.add("stderr", result.stderr);
      output.flush();
      return result;
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      output.add("stderr", `bash: ${error.reason}\n`);
      return { exitCode: 1, env: variables };
    }
  };
  const variables: Record<string, string> = { ...unexported, HOSTNAME: system.facts.hostname, ...exported };
  return { execute, variables, state, output, substitutions, functions: () => serialize(functions), close };
}

const outlets: Record<Stream, string> = { stdout: "/dev/outlet/1", stderr: "/dev/outlet/2" };
const bundled = [...imageCommands] as CommandName[];
const packaged: readonly CommandName[] = ["tree"];
const SUBSTITUTION = "/dev/outlet/substitution";

function isPackaged(name: string): name is CommandName {
  return packaged.some((command) => command === name);
}

/** Collects what a shell writes, in the order in which it writes it. */
function outputOf(fs: UserFileSystem, onOutput: ShellOptions["onOutput"]) {
  const texts = { stdout: "", stderr: "" };
  const substitutions = new Map<string, string>();
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  let held = "";
  const emit = (stream: Stream, text: string) => {
    if (text === "") return;
    texts[stream] += text;
    onOutput?.(stream, text);
  };
  const add = (stream: Stream, text: string) => {
    // A statement's stdout comes before its stderr; the trace of `set -x` was written before both.
    if (stream === "stdout") {
      emit("stdout", held);
      held = text;
      return;
    }
    const trace = /^(?:\++ .*\n)*/.exec(text)?.[0] ?? "";
    emit(
      "stderr",
      trace.replace(/^\++ (?:LIVE_STD(?:OUT|ERR)=|\.leave ).*\n/gm, "").replace(/^(\++ )\.execute /gm, "$1"),
    );
    emit("stdout", held);
    held = "";
    emit("stderr", fs.explain(text.slice(trace.length)));
  };
  for (const stream of ["stdout", "stderr"] as const) {
    fs.connect(liveOutlets[stream], (_path, bytes) => {
      emit("stdout", held);
      held = "";
      emit(stream, bytes.toString());
    });
    // The empty write that opens an outlet says that the statement before has ended.
    fs.connect(outlets[stream], (_path, bytes) => {
      if (bytes.length > 0 || stream === "stderr") add(stream, decoders[stream].write(bytes));
    });
  }
  fs.connect(SUBSTITUTION, (path, bytes) => substitutions.set(path, (substitutions.get(path) ?? "") + bytes));
  return { texts, add, flush: () => add("stdout", ""), collected: (path: string) => substitutions.get(path) ?? "" };
}

/** One of our programs as a command of just-bash. */
function commandOf(name: string, program: Program, self: Pick<Process, "system" | "user" | "fs" | "shell">): Command {
  const execute = async (args: string[], context: CommandContext) => {
    const { [liveOutput.stdout]: stdout, [liveOutput.stderr]: stderr, ...env } = context.exportedEnv ?? {};
    const input = () => Buffer.from(latin1(context.stdin), "latin1").toString();
    let consumed = false;
    const paths = { stdout, stderr };
    const printed = { stdout: "", stderr: "" };
    const process: Process = {
      ...self,
      cwd: context.cwd,
      env,
      get variables() {
        return Object.fromEntries(context.env);
      },
      get stdin() {
        consumed = true;
        return input();
      },
      signal: context.signal,
      print(stream, text) {
        const path = paths[stream];
        if (path === undefined) printed[stream] += text;
        else self.fs.append(self.fs.resolvePath(context.cwd, path), text);
      },
      exec: async ([command = "true", ...rest], more = {}) => {
        const run = context.exec;
        if (!run) throw new Error("just-bash gave no exec");
        return run(quote(command), { cwd: context.cwd, args: rest, env: { ...env, ...more } });
      },
      spawn: (user, script, { stdin, ...options } = {}) =>
        live(self.fs, context.cwd, paths, (onOutput) => {
          const given = stdin === undefined ? {} : { stdin: typeof stdin === "string" ? stdin : input() };
          const settings = { cwd: context.cwd, ...options, ...given, signal: context.signal, onOutput };
          return runScript(self.system, user, script, settings);
        }),
    };
    const { exitCode, ...result } = await program(args, process);
    const output = { stdout: printed.stdout + result.stdout, stderr: printed.stderr + result.stderr };
    return { ...output, exitCode, stdoutKind: "text" as const, ...(!consumed && { internalStdinConsumed: 0 }) };
  };
  return { name, trusted: true, execute };
}

/** A command of just-bash that a package brings; it runs in a just-bash of its own because only new ones get such commands. */
function packagedCommand(name: CommandName, fs: UserFileSystem): Command {
  const execute = async (args: string[], context: CommandContext) => {
    const { Bash } = await import("just-bash");
    const bash = new Bash({ fs, cwd: context.cwd, commands: [name], defenseInDepth: false });
    return bash.exec(name, { args, stdin: latin1(context.stdin), stdinKind: "bytes" });
  };
  return { name, trusted: true, execute };
}

function latin1(bytes: CommandContext["stdin"]): string {
  return bytes as unknown as string;
}

/** Runs a script whose output goes to these paths while it runs; what has no path is in the result. */
async function live(
  fs: UserFileSystem,
  cwd: string,
  paths: Readonly<Record<Stream, string | undefined>>,
  run: (onOutput: (stream: Stream, chunk: string) => void) => Promise<Result>,
): Promise<Result> {
  const result = await run((stream, chunk) => {
    const path = paths[stream];
    if (path !== undefined) fs.append(fs.resolvePath(cwd, path), chunk);
  });
  return { ...result, ...(paths.stdout && { stdout: "" }), ...(paths.stderr && { stderr: "" }) };
}
