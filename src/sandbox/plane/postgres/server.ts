import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { LOCALHOST } from "../listen.ts";
import { type Binaries, environment, run } from "./binaries.ts";
import { reasonIn, startFailed } from "./error.ts";
import { RDS_EXTENSIONS } from "./extensions.ts";
import { guard } from "./guardian.ts";
import { unprivileged } from "./home.ts";
import type { Model } from "./roles.ts";

/** A PostgreSQL server that accepts connections on 127.0.0.1. */
export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  /** Breaks open connections, writes everything to disk and resolves when the process is gone. */
  stop(): Promise<void>;
  /** Ends the server at once, as a crash would. The next start recovers what was committed. */
  kill(): Promise<void>;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<PostgresExit>;
}

/** How a server ended. */
export interface PostgresExit {
  /** True: `stop` or `kill` was called. */
  readonly asked: boolean;
  /** Absent: a signal ended it. */
  readonly code?: number;
  readonly signal?: string;
  /** Last words of an unasked end, as PostgreSQL put them: `could not write to file ...: No space left on device`. */
  readonly reason?: string;
}

export interface ServerOptions {
  readonly model: Model;
  readonly port: number;
  readonly tls: { readonly required?: boolean } | undefined;
  readonly settings: Readonly<Record<string, string>> | undefined;
  readonly onLog: ((line: string) => void) | undefined;
}

/** After a crash the old server's last processes may hold its memory for a moment. */
const MEMORY_IS_FREE_MS = 10_000;
const MEMORY_IN_USE = /pre-existing shared memory block .* is still in use/;

/**
 * Starts the server of the cluster in `home` and resolves when it accepts connections.
 *
 * @throws PostgresError
 */
export async function startServer(binaries: Binaries, home: string, options: ServerOptions): Promise<PostgresServer> {
  const deadline = Date.now() + MEMORY_IS_FREE_MS;
  for (;;) {
    const server = await launch(binaries, home, options);
    if (!Array.isArray(server)) return server;
    if (!server.some((line) => MEMORY_IN_USE.test(line)) || Date.now() > deadline) {
      throw startFailed(home, options.port, server);
    }
    await sleep(50);
  }
}

/** Resolves with what the server wrote if it ended before it accepted connections. */
async function launch(binaries: Binaries, home: string, options: ServerOptions): Promise<PostgresServer | string[]> {
  const child = spawn(binaries.postgres, argumentsFor(binaries, home, options), {
    cwd: home,
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
    if (line.endsWith("database system is ready to accept connections")) ready();
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("error", (error) => {
      lines.push(`FATAL:  ${error.message}`);
      resolve({ code: 1, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const exited = ended.then(({ code, signal }): PostgresExit => {
    const reason = asked ? undefined : reasonIn(lines);
    return { asked, ...(code !== null && { code }), ...(signal && { signal }), ...(reason && { reason }) };
  });
  const first = await Promise.race([accepts, exited]);
  if (first !== undefined) return lines;

  const { pid = 0 } = child;
  void exited.then(guard(pid));
  return {
    port: options.port,
    pid,
    exited,
    stop: async () => {
      asked = true;
      // SIGINT is PostgreSQL's fast shutdown; Windows has no signals, and pg_ctl knows the server's substitute.
      if (process.platform !== "win32") child.kill("SIGINT");
      else await run(binaries.pgCtl, ["kill", "INT", String(pid)], home);
      await exited;
    },
    kill: async () => {
      asked = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function argumentsFor({ major }: Binaries, home: string, { model, port, tls, settings: own }: ServerOptions): string[] {
  const settings = {
    ...own,
    listen_addresses: LOCALHOST,
    unix_socket_directories: "",
    // Every caller costs a process until it has shown its password.
    authentication_timeout: "10s",
    hba_file: join(home, "pg_hba.conf"),
    ...(tls && { ssl: "on", ssl_cert_file: join(home, "server.crt"), ssl_key_file: join(home, "server.key") }),
    // The master user of the image would be a superuser, who may be any role; before version 16 who makes roles may, too.
    ...(model === "image" && major >= 16 && { createrole_self_grant: "set, inherit" }),
    // As RDS's default parameter groups of this version have it.
    ...(model === "rds" && {
      shared_preload_libraries: "pg_stat_statements",
      "rds.force_ssl": tls?.required ? "on" : "off",
      "rds.extensions": RDS_EXTENSIONS.join(", "),
    }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", join(home, "data"), "-p", String(port), ...options];
}
