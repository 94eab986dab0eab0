import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Report, RunEvent } from "../../src/engine/event.ts";

const MAIN = path.resolve(import.meta.dirname, "../../dist/main.js");

/** How a process of the command line ended. */
export interface CliResult {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process that is under way. */
export interface CliProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
}

/** Environment of a process that has nothing of the one who runs the tests: no AWS settings, no colours. */
export function bareEnvironment(over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|BIA_|XDG_STATE_HOME|FORCE_COLOR|npm_command$|CI$)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    NO_COLOR: "1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: path.join(import.meta.dirname, "no-such-file"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(import.meta.dirname, "no-such-file"),
    // What is run here is not kept among the runs of whoever runs the tests; somebody with a HOME of their own has a place for theirs.
    ...(over.HOME === undefined && { XDG_STATE_HOME: path.join(tmpdir(), "bia-infra-state") }),
    ...over,
  };
}

/** Starts `bia-infra` with these arguments. @param stdin `pipe`: the caller writes to it; default: it has none */
export function startCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd = import.meta.dirname,
  stdin: "pipe" | "ignore" = "ignore",
): CliProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { env, cwd, stdio: [stdin, "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** Runs `bia-infra` with these arguments to its end. */
export function runCli(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<CliResult> {
  return startCli(args, env, cwd).ended;
}

/** The events of a run with `--json`. */
export function eventsOf({ stdout }: CliResult): RunEvent[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** The report of a run with `--json`: its last line. Throws with all that was printed when there is none. */
export function reportOf(result: CliResult): Report {
  const last = eventsOf(result).at(-1);
  if (last?.type !== "report") throw new Error(`no report:\n${result.stdout}\n${result.stderr}`);
  return last;
}

/** The verdict on each task of a report. */
export function verdictsOf(report: Report): Record<string, string> {
  return Object.fromEntries(report.tasks.map(({ id, verdict }) => [id, verdict]));
}
