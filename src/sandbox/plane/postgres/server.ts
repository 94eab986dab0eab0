import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../database-program.ts";
import { type DatabaseServer, launch } from "../database-server.ts";
import { LOCALHOST } from "../listen.ts";
import type { Binaries } from "./binaries.ts";
import { reasonIn, startFailed } from "./error.ts";
import { RDS_EXTENSIONS } from "./extensions.ts";
import type { Model } from "./roles.ts";

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
export async function startServer(binaries: Binaries, home: string, options: ServerOptions): Promise<DatabaseServer> {
  const deadline = Date.now() + MEMORY_IS_FREE_MS;
  for (;;) {
    const server = await launch({
      file: binaries.postgres,
      args: argumentsFor(binaries, home, options),
      home,
      port: options.port,
      isReady: (line) => line.endsWith("database system is ready to accept connections"),
      reasonIn,
      // PostgreSQL's fast shutdown; Windows has no signals, and pg_ctl knows the server's substitute.
      signal: "INT",
      stopOnWindows: (pid) => run(binaries.pgCtl, ["kill", "INT", String(pid)], home),
      onLog: options.onLog,
    });
    if (!Array.isArray(server)) return server;
    if (!server.some((line) => MEMORY_IN_USE.test(line)) || Date.now() > deadline) {
      throw startFailed(home, options.port, server);
    }
    await sleep(50);
  }
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
