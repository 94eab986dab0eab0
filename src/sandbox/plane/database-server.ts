import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { unprivileged } from "./database-home.ts";
import { environment } from "./database-program.ts";
import { guard } from "./guardian.ts";

/** A database's server that accepts connections on 127.0.0.1. */
export interface DatabaseServer {
  readonly port: number;
  readonly pid: number;
  /** Breaks open connections, writes everything to disk and resolves when the process is gone. */
  stop(): Promise<void>;
  /** Ends the server at once, as a crash would. The next start recovers what was committed. */
  kill(): Promise<void>;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<ServerExit>;
}

/** How a server ended. */
export interface ServerExit {
  /** True: `stop` or `kill` was called. */
  readonly asked: boolean;
  /** Absent: a signal ended it. */
  readonly code?: number;
  readonly signal?: string;
  /** Last words of an unasked end, in the server's own words: `could not write to file ...: No space left on device`. */
  readonly reason?: string;
}

/** How a server is started, understood and ended. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly home: string;
  readonly port: number;
  /** Whether a line of its log says that it accepts connections. */
  readonly isReady: (line: string) => boolean;
  /** Finds the words that say why it ended. */
  readonly reasonIn: (lines: readonly string[]) => string | undefined;
  /** That has it end in order. */
  readonly signal: "INT" | "TERM";
  /** Has it end in order where there are no signals. */
  readonly stopOnWindows?: (pid: number) => Promise<unknown>;
  /** Called with every line of its log. */
  readonly onLog: ((line: string) => void) | undefined;
}

/** Starts a server; resolves with what it wrote if it ended before it accepted connections. */
export async function launch(options: Launch): Promise<DatabaseServer | string[]> {
  const child = spawn(options.file, options.args, {
    cwd: options.home,
    env: environment(),
    // Apart from the terminal: its Ctrl-C is not for the database.
    detached: process.platform !== "win32",
    windowsHide: true,
    stdio: ["ignore", "ignore", "pipe"],
    ...unprivileged,
  });
  const lines: string[] = [];
  let asked = false;
  let ready = () => {};
  const accepts = new Promise<void>((resolve) => {
    ready = resolve;
  });
  createInterface(child.stderr).on("line", (line) => {
    lines.push(line);
    if (lines.length > 100) lines.shift();
    options.onLog?.(line);
    if (options.isReady(line)) ready();
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("error", (error) => {
      lines.push(`FATAL:  ${error.message}`);
      resolve({ code: 1, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const exited = ended.then(({ code, signal }): ServerExit => {
    const reason = asked ? undefined : options.reasonIn(lines);
    return { asked, ...(code !== null && { code }), ...(signal && { signal }), ...(reason && { reason }) };
  });
  const first = await Promise.race([accepts, exited]);
  if (first !== undefined) return lines;

  const { pid = 0 } = child;
  void exited.then(guard(pid, options.signal));
  return {
    port: options.port,
    pid,
    exited,
    stop: async () => {
      asked = true;
      if (process.platform !== "win32") child.kill(`SIG${options.signal}`);
      else await options.stopOnWindows?.(pid);
      await exited;
    },
    kill: async () => {
      asked = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}
