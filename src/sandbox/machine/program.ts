import type { User } from "./accounts.ts";
import type { UserFileSystem } from "./file-system.ts";
import type { System } from "./system.ts";

/** How a program or a script ended. */
export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** What a running program knows and may do. */
export interface Process {
  readonly system: System;
  readonly user: User;
  /** The disk as this process's user may touch it. */
  readonly fs: UserFileSystem;
  readonly cwd: string;
  /** Exported variables. */
  readonly env: Readonly<Record<string, string>>;
  /** All variables of the shell that it was started from, those that are not exported among them. */
  readonly variables: Record<string, string>;
  /** All of its standard input; reading it leaves nothing for the commands after it. */
  readonly stdin: string;
  /** Aborted when the command is cancelled. */
  readonly signal: AbortSignal | undefined;
  /** The shell that the program was started from. */
  readonly shell: ShellState;
  /** Writes output at once where the shell lets it through, and with the result otherwise, before what that holds. */
  print(stream: "stdout" | "stderr", text: string): void;
  /** Runs a command with these arguments in the same shell's user and folder. */
  exec(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result>;
  /** Runs a script in a new shell of another user (or the same). */
  spawn(user: User, script: string, options?: SpawnOptions): Promise<Result>;
}

/** How a new shell starts. */
export interface SpawnOptions {
  readonly cwd?: string;
  /** All of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `inherit`: that of the process itself, which is taken not to be read unless it says so. */
  readonly stdin?: string | { readonly inherit: true };
  /** $1, $2 ... of the script. */
  readonly args?: readonly string[];
}

/** Of a shell, what its built-in commands change. */
export interface ShellState {
  /** Script of `trap '...' EXIT`. */
  onExit: string | undefined;
  /** The variables of its script when it called `exit`; undefined: it did not. */
  variablesAtExit: Record<string, string> | undefined;
}

/** A command of the machine that is not just-bash's. */
export type Program = (args: readonly string[], process: Process) => Result | Promise<Result>;

/** Programs by the name they are called by. */
export type Programs = Readonly<Record<string, Program>>;

export function ok(stdout = ""): Result {
  return { stdout, stderr: "", exitCode: 0 };
}

export function fail(stderr: string, exitCode = 1, stdout = ""): Result {
  return { stdout, stderr, exitCode };
}

/** The refusal of something that the real program can do. Exit code 125 is none that the programs themselves use here. */
export function notEmulated(what: string): Result {
  return fail(`bia-infra sandbox: this machine does not emulate ${what}. On AWS it exists.\n`, 125);
}
