import type { Programs } from "./programs.ts";

/** Master user and first database of a new server. */
export interface Owner {
  readonly user: string;
  readonly password: string;
  /** Absent: none is made. */
  readonly database: string | undefined;
}

/** Rights on all of the server that the master user of RDS has, and that lead out of no database. (RDS User Guide, "Master user account privileges") */
const GLOBAL = "RELOAD, PROCESS, SHOW DATABASES, CREATE USER, REPLICATION SLAVE, REPLICATION CLIENT";

/**
 * What a new server is told first, a statement a line: nobody can be anybody but the master user, who may do with databases what there is to
 * do. The system's own tables he only reads, or he could give himself the right to files of this computer. Can be cut off
 * at any point and done again.
 */
export function ownerStatements({ flavor }: Pick<Programs, "flavor">, { user, password, database }: Owner): string[] {
  const account = accountOf(user);
  return [
    ...(flavor === "MariaDB"
      ? ["DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys'", "FLUSH PRIVILEGES"]
      : ["DROP USER IF EXISTS 'root'@'localhost'"]),
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${literal(password)}`,
    passwordStatement(user, password),
    `GRANT ${GLOBAL} ON *.* TO ${account}`,
    `GRANT SELECT, SHOW VIEW, EXECUTE ON \`mysql\`.* TO ${account}`,
    `GRANT ALL PRIVILEGES ON \`%\`.* TO ${account} WITH GRANT OPTION`,
    ...(database === undefined ? [] : [`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`]),
  ];
}

/** Gives a user another password. */
export function passwordStatement(user: string, password: string): string {
  return `ALTER USER ${accountOf(user)} IDENTIFIED BY ${literal(password)}`;
}

function accountOf(user: string): string {
  return `${literal(user)}@'%'`;
}

const literal = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
const identifier = (name: string) => `\`${name.replaceAll("`", "``")}\``;
