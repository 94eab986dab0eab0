import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Binaries, run } from "./binaries.ts";
import { PostgresError, startFailed } from "./error.ts";
import { handOver, publish } from "./home.ts";

/** Superuser and first database of a new cluster. */
export interface Owner {
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
  const template = await makeTemplate(binaries, cache);
  const unfinished = join(home, "data-unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await copyTree(template, unfinished);
  await setOwner(binaries, home, unfinished, owner);
  await rename(unfinished, join(home, "data"));
}

function check({ user, password, database }: Owner): void {
  const wrong = [user, database].find((name) => name === "" || /[\0\n]/.test(name) || Buffer.byteLength(name) > 63);
  const why =
    wrong !== undefined
      ? `${JSON.stringify(wrong)} is no name for a user or a database: 1 to 63 bytes on one line`
      : /^pg_/i.test(user)
        ? `role name "${user}" is reserved: names that start with "pg_" are PostgreSQL's own`
        : password === ""
          ? "the superuser's password is empty"
          : undefined;
  if (why !== undefined) throw new PostgresError(`PostgreSQL could not be set up: ${why}.`, "Choose another one.");
}

/** One at a time, for each place: several databases may be made at once. */
const templates = new Map<string, Promise<string>>();

function makeTemplate(binaries: Binaries, cache: string): Promise<string> {
  const template = join(cache, `template-${binaries.version}`);
  const made = templates.get(template) ?? initialise(binaries, cache, template);
  templates.set(template, made);
  made.catch(() => {}).finally(() => templates.delete(template));
  return made;
}

async function initialise({ initdb }: Binaries, cache: string, template: string): Promise<string> {
  if (existsSync(template)) return template;
  const id = randomBytes(4).toString("hex");
  const unfinished = `${template}-unfinished-${id}`;
  const passwordFile = join(cache, `password-${id}`);
  try {
    // Nobody ever uses this password: every copy gets its own.
    await writeFile(passwordFile, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600 });
    await handOver(passwordFile);
    // As in the postgres image and on RDS, names are sorted and lower-cased by language, not by bytes.
    const locale = ["--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8"];
    const access = ["--auth=scram-sha-256", "--username=postgres", `--pwfile=${passwordFile}`];
    const { code, lines } = await run(initdb, ["-D", unfinished, ...locale, ...access, "--no-sync"], cache);
    if (code !== 0) throw startFailed(cache, undefined, lines);
    await publish(unfinished, template);
    return template;
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  try {
    await cp(from, to, { recursive: true });
    await handOver(to);
    for (const entry of await readdir(to, { recursive: true })) await handOver(join(to, entry));
  } catch (error) {
    await rm(to, { recursive: true, force: true });
    throw error;
  }
}

async function setOwner(binaries: Binaries, home: string, data: string, owner: Owner): Promise<void> {
  const { user, password, database } = owner;
  const statements = [
    // 10 is the superuser that initdb made.
    `UPDATE pg_authid SET rolname = ${literal(user)}, rolpassword = ${verifier(password)} WHERE oid = 10`,
    ...(["postgres", "template0", "template1"].includes(database) ? [] : [`CREATE DATABASE ${identifier(database)}`]),
  ];
  // Nothing is lost if this is cut off: the cluster is not in its place yet.
  await runAlone(binaries, home, data, statements, ["-c", "fsync=off"]);
}

/** Gives the superuser of a cluster whose server does not run another password. @throws PostgresError */
export async function setPassword(binaries: Binaries, home: string, password: string): Promise<void> {
  const statement = `UPDATE pg_authid SET rolpassword = ${verifier(password)} WHERE oid = 10`;
  await runAlone(binaries, home, join(home, "data"), [statement]);
}

/** Without a server: PostgreSQL's single-user mode reads statements from stdin, so that no other process sees them. */
async function runAlone(
  { postgres }: Binaries,
  home: string,
  data: string,
  statements: readonly string[],
  settings: readonly string[] = [],
): Promise<void> {
  const args = ["--single", "-D", data, "-c", "exit_on_error=on", ...settings, "postgres"];
  const { code, lines } = await run(postgres, args, home, statements.map((line) => `${line}\n`).join(""));
  if (code !== 0) throw startFailed(home, undefined, lines);
}

/** SCRAM's verifier, not the password, so that no log can tell it. */
const verifier = (password: string) => literal(scram(password));
const literal = (text: string) => `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

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
