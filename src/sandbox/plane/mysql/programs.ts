import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../database-program.ts";
import { MysqlError } from "./error.ts";

/** The programs of a MySQL, or of a MariaDB that stands for one. */
export interface Programs {
  readonly server: string;
  readonly flavor: "MySQL" | "MariaDB";
  /** In full, e.g. `10.11.19` or `8.4.7`. */
  readonly version: string;
  /** Makes the system's tables of a MariaDB; a MySQL makes its own. */
  readonly install: string | undefined;
}

/** Beside what PATH names: where Debian, Fedora, Homebrew (Intel and Apple) and MySQL's own packages have them. */
const PLACES = [
  "/usr/sbin",
  "/usr/bin",
  "/usr/libexec",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/local/mysql/bin",
  "/usr/local/mysql/scripts",
  ...["/usr/local/opt", "/opt/homebrew/opt"].flatMap((opt) =>
    ["mysql", "mysql@8.4", "mariadb"].map((name) => `${opt}/${name}/bin`),
  ),
];

/** What to do where there is none. */
export const HOW_TO_INSTALL =
  "Install one: apt-get install mariadb-server, dnf install mariadb-server, or brew install mariadb. The sandbox starts it itself; no service has to run.";

/** The server's program of this computer; undefined: it has none. MySQL's own, where there are both. */
export function mysqlServer(): string | undefined {
  return process.platform === "win32" ? undefined : (found("mysqld") ?? found("mariadbd"));
}

function found(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== ""), ...PLACES];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** @throws MysqlError if there are none, or they do not start */
export async function findPrograms(): Promise<Programs> {
  const server = mysqlServer();
  if (server === undefined) throw new MysqlError("No MySQL or MariaDB is installed on this computer.", HOW_TO_INSTALL);
  const { lines } = await run(server, ["--no-defaults", "--version"], "/");
  const [, version, isMaria] = /Ver (\d+\.\d+\.\d+)(-MariaDB)?/.exec(lines.join("\n")) ?? [];
  if (version === undefined)
    throw new MysqlError(`${server} does not say its version: ${lines.join(" ")}`, HOW_TO_INSTALL);
  if (isMaria === undefined) return { server, flavor: "MySQL", version, install: undefined };
  const install = found("mariadb-install-db") ?? found("mysql_install_db");
  if (install !== undefined) return { server, flavor: "MariaDB", version, install };
  throw new MysqlError(`mariadb-install-db is not beside ${server}.`, HOW_TO_INSTALL);
}
