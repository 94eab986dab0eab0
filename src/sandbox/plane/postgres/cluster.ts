import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyTree, handOver, publish } from "../database-home.ts";
import { run } from "../database-program.ts";
import type { Binaries } from "./binaries.ts";
import { PostgresError, startFailed } from "./error.ts";
import {
  ADMIN,
  clusterStatements,
  databaseStatements,
  handOverStatement,
  identifier,
  literal,
  type Model,
  masterStatements,
  ownDatabase,
  takeApartStatement,
} from "./roles.ts";

/** Master user and first database of a new cluster. */
export interface Owner {
  readonly model: Model;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * Makes a new cluster in `home`/data, from a prepared one in `cache`: copying takes a tenth of what initdb takes. Under
 * another name first: an interrupted copy must not pass for a finished one.
 *
 * @throws PostgresError
 */
export async function makeCluster(binaries: Binaries, cache: string, home: string, owner: Owner): Promise<void> {
  check(owner);
  const template = await makeTemplate(binaries, cache, owner.model);
  const unfinished = join(home, "data-unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await copyTree(template, unfinished);
  await setOwner(binaries, home, unfinished, owner);
  await markApart(unfinished);
  await rename(unfinished, join(home, "data"));
}

/** A file in the data of clusters whose master user is no superuser, as in those of older sandboxes it was. */
const HAS_ADMIN = "bia-infra-admin";

function check({ model, user, password, database }: Owner): void {
  const wrong = [user, database].find((name) => name === "" || /[\0\n]/.test(name) || Buffer.byteLength(name) > 63);
  const why =
    wrong !== undefined
      ? `${JSON.stringify(wrong)} is no name for a user or a database: 1 to 63 bytes on one line`
      : user === ADMIN[model]
        ? `role name "${user}" is reserved`
        : /^pg_/i.test(user)
          ? `role name "${user}" is reserved: names that start with "pg_" are PostgreSQL's own`
          : password === ""
            ? "the master user's password is empty"
            : undefined;
  if (why !== undefined) throw new PostgresError(`PostgreSQL could not be set up: ${why}.`, "Choose another one.");
}

/** One at a time, for each place: several databases may be made at once. */
const templates = new Map<string, Promise<string>>();

function makeTemplate(binaries: Binaries, cache: string, model: Model): Promise<string> {
  const template = join(cache, `template-${model}-${binaries.version}`);
  const made = templates.get(template) ?? initialise(binaries, cache, template, model);
  templates.set(template, made);
  made.catch(() => {}).finally(() => templates.delete(template));
  return made;
}

async function initialise(binaries: Binaries, cache: string, template: string, model: Model): Promise<string> {
  if (existsSync(template)) return template;
  const unfinished = `${template}-unfinished-${randomBytes(4).toString("hex")}`;
  try {
    // As in the postgres image and on RDS, names are sorted and lower-cased by language, not by bytes, where PostgreSQL can without the
    // computer's own languages: since version 15.
    const byLanguage = binaries.major < 15 ? [] : ["--locale-provider=icu", "--icu-locale=en-US"];
    const locale = ["--locale=C", ...byLanguage, "--encoding=UTF8"];
    // The superuser has no password, and so can never log in.
    const access = ["--auth=scram-sha-256", `--username=${ADMIN[model]}`, `--pwfile=${await noPassword(cache)}`];
    const { code, lines } = await run(binaries.initdb, ["-D", unfinished, ...locale, ...access, "--no-sync"], cache);
    if (code !== 0) throw startFailed(cache, undefined, lines);
    const forget = "UPDATE pg_authid SET rolpassword = NULL WHERE oid = 10";
    const first = [forget, ...clusterStatements(model, binaries.major), ...databaseStatements(model)];
    await runAlone(binaries, cache, unfinished, first, { database: "template1", isNew: true });
    const second = [...databaseStatements(model), ...ownDatabase(model)];
    if (second.length > 0) await runAlone(binaries, cache, unfinished, second, { isNew: true });
    await publish(unfinished, template);
    return template;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** initdb asks for one; nobody ever uses it, and it is forgotten at once. */
async function noPassword(cache: string): Promise<string> {
  const file = join(cache, "no-password");
  await writeFile(file, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600 });
  await handOver(file);
  return file;
}

/** Copies the cluster in `from`/data, whose server does not run, to `to`/data. */
export async function copyCluster(from: string, to: string): Promise<void> {
  const unfinished = join(to, "data-unfinished");
  await copyTree(join(from, "data"), unfinished);
  await rename(unfinished, join(to, "data"));
}

async function setOwner(binaries: Binaries, home: string, data: string, owner: Owner): Promise<void> {
  const { model, user, password, database } = owner;
  const exists = ["postgres", "template0", "template1"].includes(database);
  const statements = [
    ...masterStatements(model, binaries.major, user),
    `ALTER ROLE ${identifier(user)} PASSWORD ${verifier(password)}`,
    ...(exists ? [] : [`CREATE DATABASE ${identifier(database)} OWNER ${identifier(user)}`]),
  ];
  // Nothing is lost if this is cut off: the cluster is not in its place yet.
  await runAlone(binaries, home, data, statements, { isNew: true });
}

/** Gives the master user of a cluster whose server does not run another password. @throws PostgresError */
export async function setPassword(binaries: Binaries, home: string, user: string, password: string): Promise<void> {
  const statement = `ALTER ROLE ${identifier(user)} PASSWORD ${verifier(password)}`;
  await runAlone(binaries, home, join(home, "data"), [statement]);
}

/**
 * Makes a cluster of an older sandbox, whose master user is the superuser, one as they are made now. Can be cut off at any
 * point and done again.
 *
 * @throws PostgresError
 */
export async function takeApart(binaries: Binaries, home: string, model: Model): Promise<void> {
  const data = join(home, "data");
  if (existsSync(join(data, HAS_ADMIN))) return;
  const ask = (query: string) => runAlone(binaries, home, data, [query]);
  const [superuser = ""] = await ask("SELECT rolname FROM pg_roles WHERE oid = 10");
  if (superuser !== ADMIN[model]) await ask(takeApartStatement(model, binaries.major, superuser));
  const databases = await ask("SELECT datname FROM pg_database WHERE datallowconn");
  const [master = ""] = await ask("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'template1'");
  for (const database of databases.filter((name) => name !== ADMIN.rds)) {
    const own = `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(master)}`;
    const statements = [own, handOverStatement(master), ...databaseStatements(model)];
    await runAlone(binaries, home, data, statements, { database });
  }
  if (!databases.includes(ADMIN.rds)) for (const statement of ownDatabase(model)) await ask(statement);
  await markApart(data);
}

async function markApart(data: string): Promise<void> {
  await writeFile(join(data, HAS_ADMIN), "");
  await handOver(join(data, HAS_ADMIN));
}

/**
 * Without a server: PostgreSQL's single-user mode reads statements from stdin, so that no other process sees them.
 *
 * @returns the values that it answers
 */
async function runAlone(
  { postgres }: Binaries,
  home: string,
  data: string,
  statements: readonly string[],
  { database = "postgres", isNew = false }: { readonly database?: string; readonly isNew?: boolean } = {},
): Promise<string[]> {
  const settings = isNew ? ["-c", "fsync=off"] : [];
  const args = ["--single", "-D", data, "-c", "exit_on_error=on", ...settings, database];
  const { code, lines } = await run(postgres, args, home, statements.map((line) => `${line}\n`).join(""));
  if (code !== 0) throw startFailed(home, undefined, lines);
  return lines.flatMap((line) => /^\s*(?:backend> )?\s*\d+: \w+ = "(.*)"\s+\(typeid/.exec(line)?.[1] ?? []);
}

/** SCRAM's verifier, not the password, so that no log can tell it. */
const verifier = (password: string) => literal(scram(password));

/** What PostgreSQL keeps of a password (RFC 5803, as in its src/common/scram-common.c). */
function scram(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, iterations, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
