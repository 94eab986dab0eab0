import { createHash } from "node:crypto";

/** A database on RDS and who may change it. */
export interface RdsAccess {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** Of the database itself, which need not be there yet. */
  readonly name: string;
  /** Name of the SecureString parameter that holds the password. */
  readonly passwordParameter: string;
}

/** `address:port/name`. */
export function placeOf({ address, port, name }: RdsAccess): string {
  return `${address}:${port}/${name}`;
}

/** Differs for another database or another user, in one word. */
export function hashOf({ address, port, username, name }: RdsAccess, more: readonly string[] = []): string {
  const text = [...more, address, port, username, name].join(" ");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Bash that puts a database into the environment, as the app reads it. The machine reads the password itself: it is in no
 * command, no file and no output.
 */
export function exportAccess(database: RdsAccess, region: string): string {
  const { address, port, username, name, passwordParameter } = database;
  return `DB_PWD=$(aws ssm get-parameter --region ${region} --name ${quote(passwordParameter)} --with-decryption --query Parameter.Value --output text)
DB_HOST=${quote(address)}
DB_PORT=${port}
DB_USER=${quote(username)}
DB_NAME=${quote(name)}
export DB_HOST DB_PORT DB_USER DB_NAME DB_PWD`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
