import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { handOver } from "../database-home.ts";
import { type DatabaseServer, launch } from "../database-server.ts";
import { LOCALHOST } from "../listen.ts";
import { DATA, SMALL } from "./data.ts";
import { reasonIn, startFailed } from "./error.ts";
import { PID_FILE } from "./orphan.ts";
import type { Programs } from "./programs.ts";

export interface ServerOptions {
  readonly port: number;
  /** Whether `server.key` and `server.crt` are in the home. */
  readonly hasTls: boolean;
  /** File of statements that are done before the first client is let in; absent: none. */
  readonly first: string | undefined;
  readonly onLog: ((line: string) => void) | undefined;
}

/** Folders of a server's home: empty ones, so that there is nothing to be loaded or read by statements, and one for its own use. */
const FOLDERS = ["plugins", "files", "tmp"];

/**
 * Starts the server of the data in `home` and resolves when it accepts connections.
 *
 * @throws MysqlError
 */
export async function startServer(programs: Programs, home: string, options: ServerOptions): Promise<DatabaseServer> {
  for (const name of FOLDERS) {
    await mkdir(join(home, name), { recursive: true, mode: 0o700 });
    await handOver(join(home, name));
  }
  const server = await launch({
    file: programs.server,
    args: argumentsFor(programs, home, options),
    home,
    port: options.port,
    isReady: (line) => /: ready for connections\./.test(line),
    reasonIn,
    signal: "TERM",
    onLog: options.onLog,
  });
  if (!Array.isArray(server)) return server;
  throw startFailed(home, server);
}

function argumentsFor({ flavor }: Programs, home: string, { port, hasTls, first }: ServerOptions): string[] {
  return [
    // Nothing of the computer's own service.
    "--no-defaults",
    `--datadir=${join(home, DATA)}`,
    `--tmpdir=${join(home, "tmp")}`,
    `--pid-file=${join(home, PID_FILE)}`,
    // In the folder of the data; the path of a socket may not be long.
    "--socket=mysql.sock",
    `--bind-address=${LOCALHOST}`,
    `--port=${port}`,
    "--skip-name-resolve",
    "--connect-timeout=10",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--skip-log-bin",
    "--performance-schema=OFF",
    ...SMALL,
    // Statements load no libraries, and neither read nor write files.
    `--plugin-dir=${join(home, "plugins")}`,
    `--secure-file-priv=${flavor === "MySQL" ? "NULL" : join(home, "files")}`,
    "--skip-symbolic-links",
    ...(flavor === "MySQL" ? ["--mysqlx=OFF"] : []),
    // As RDS has it up to 8.4, clients choose. (RDS User Guide, "Requiring SSL/TLS for all connections to a MySQL DB instance")
    ...(hasTls ? [`--ssl-cert=${join(home, "server.crt")}`, `--ssl-key=${join(home, "server.key")}`] : []),
    ...(first === undefined ? [] : [`--init-file=${first}`]),
  ];
}
