import { type Parsed, parseOptions } from "./options.ts";
import { type Address, Connection } from "./psql/connection.ts";
import { EXIT, type PsqlWorld, Quit, Session } from "./psql/session.ts";
import type { Format } from "./psql/table.ts";

export type { PsqlWorld } from "./psql/session.ts";

const OPTIONS = (
  "c|command= f|file= h|host= p|port= U|username= d|dbname= t|tuples-only A|no-align q|quiet X|no-psqlrc w|no-password W|password " +
  "1|single-transaction v|set|variable= P|pset= F|field-separator= R|record-separator= x|expanded l|list csv V|version " +
  "z|field-separator-zero 0|record-separator-zero e|echo-queries b|echo-errors n|no-readline"
).split(" ");

/**
 * psql, as far as scripts use it: commands, files and standard input, in the words and formats of psql 16
 * (https://www.postgresql.org/docs/16/app-psql.html).
 *
 * @returns the exit code, or the option that is not emulated
 */
export async function psql(args: readonly string[], world: PsqlWorld): Promise<number | { unknown: string }> {
  const parsed = parseOptions(args, OPTIONS);
  const { options, operands, unknown } = parsed;
  if (unknown !== undefined) return { unknown };
  if (options.has("V")) {
    world.write("stdout", "psql (PostgreSQL) 16.14\n");
    return 0;
  }
  const format: Format = {
    mode: options.has("csv") ? "csv" : options.has("A") ? "unaligned" : "aligned",
    tuplesOnly: options.has("t"),
    expanded: options.has("x"),
    separator: options.get("F") ?? (options.has("z") ? "\0" : "|"),
    recordSeparator: options.get("R") ?? (options.has("0") ? "\0" : "\n"),
    null: "",
  };
  try {
    const address = await addressOf(options, operands, world);
    let session: Session | undefined;
    const connection = await Connection.open(address, (notice) => session?.notice(notice));
    session = new Session(connection, format, world);
    session.quiet = options.has("q");
    try {
      return await run(session, parsed, world);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof Quit) return error.exitCode;
    world.write("stderr", `psql: error: ${(error as Error).message}\n`);
    return EXIT.connection;
  }
}

/** `-c` and `-f` in the order in which they stand, or else what is on standard input. */
async function run(session: Session, { options, values, given }: Parsed, world: PsqlWorld): Promise<number> {
  for (const setting of values.get("v") ?? []) {
    const [name = "", ...value] = setting.split("=");
    session.variables.set(name, value.join("="));
  }
  for (const setting of values.get("P") ?? []) {
    const [name = "", ...value] = setting.split("=");
    session.setFormat(name, value.join("="));
  }
  if (options.has("l")) return session.command("\\l");
  const actions = given.filter(([option]) => option === "c" || option === "f");
  if (actions.length === 0) return session.script((await world.input()).toString(), { name: "<stdin>" });
  const together = options.has("1");
  let code = together ? await silently(session, "BEGIN") : 0;
  for (const [option, value] of actions) {
    if (code !== 0) break;
    code = option === "c" ? await session.command(value) : await file(session, value, world);
  }
  if (together) await silently(session, code === 0 ? "COMMIT" : "ROLLBACK");
  return code;
}

async function silently(session: Session, statement: string): Promise<number> {
  const { quiet } = session;
  session.quiet = true;
  const code = await session.command(statement);
  session.quiet = quiet;
  return code;
}

async function file(session: Session, path: string, world: PsqlWorld): Promise<number> {
  if (path === "-") return session.script((await world.input()).toString(), { name: "<stdin>" });
  const text = await world.read(path).catch(() => undefined);
  if (text !== undefined) return session.script(text.toString(), { name: path });
  world.write("stderr", `psql: error: ${path}: No such file or directory\n`);
  return EXIT.failed;
}

/** Options first, then a connection string, then the environment (libpq, 34.1 and 34.15). */
async function addressOf(
  options: ReadonlyMap<string, string>,
  operands: readonly string[],
  { env, local, read }: PsqlWorld,
): Promise<Address> {
  const [first, second] = operands;
  const named = options.get("d") ?? first;
  const text = named !== undefined && (/^postgres(ql)?:\/\//.test(named) || named.includes("=")) ? named : undefined;
  const given = text === undefined ? {} : connectionString(text);
  const user = options.get("U") ?? given.user ?? (options.has("d") ? first : second) ?? env.PGUSER ?? "root";
  const host = options.get("h") ?? given.host ?? env.PGHOST ?? "";
  const isLocal =
    (host === "" || host === "localhost" || host === "127.0.0.1" || host.startsWith("/")) && local !== undefined;
  const rootCertificate = given.sslrootcert ?? env.PGSSLROOTCERT;
  return {
    host: host.startsWith("/") || (isLocal && host === "") ? "" : host,
    port: isLocal ? local.port : Number(options.get("p") ?? given.port ?? env.PGPORT ?? 5432),
    user,
    database: (text === undefined ? named : given.dbname) ?? env.PGDATABASE ?? user,
    password: given.password ?? env.PGPASSWORD ?? (isLocal ? local.password : undefined),
    sslmode: isLocal ? "disable" : (given.sslmode ?? env.PGSSLMODE ?? "prefer"),
    authority: rootCertificate === undefined ? undefined : (await read(rootCertificate)).toString(),
  };
}

/** `postgres://user:password@host:port/database?sslmode=require` and `host=... dbname=...`. */
function connectionString(text: string): Record<string, string | undefined> {
  if (!/^postgres(ql)?:\/\//.test(text)) {
    const pairs = [...text.matchAll(/(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))/g)];
    return Object.fromEntries(
      pairs.map(([, name = "", quoted, plain]) => [name, quoted?.replace(/\\(.)/g, "$1") ?? plain]),
    );
  }
  const { hostname, port, username, password, pathname, searchParams } = new URL(text);
  const part = (value: string) => (value === "" ? undefined : decodeURIComponent(value));
  return {
    host: part(hostname),
    port: part(port),
    user: part(username),
    password: part(password),
    dbname: part(pathname.slice(1)),
    ...Object.fromEntries(searchParams),
  };
}
