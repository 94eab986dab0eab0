import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DATA } from "./data.ts";
import { MysqlError } from "./error.ts";

/** Name of the file in a server's home that holds its process id while it runs. */
export const PID_FILE = "mysqld.pid";

/** Milliseconds in which a server that is told to end does so: it writes what it has in memory. */
const ENDS_MS = 60_000;

/**
 * Stops the server that an earlier process left running in `home`. That a process has its id proves nothing; that its command
 * line names these very data does.
 *
 * @returns whether there was one
 * @throws MysqlError if it does not stop
 */
export async function stopOrphan(home: string): Promise<boolean> {
  const pid = Number(await readFile(join(home, PID_FILE), "utf8").catch(() => ""));
  if (!(pid > 0)) return false;
  const isOurs = async () => (await commandLine(pid)).includes(`--datadir=${join(home, DATA)}`);
  if (!(await isOurs())) {
    await rm(join(home, PID_FILE), { force: true });
    return false;
  }
  process.kill(pid, "SIGTERM");
  for (const deadline = Date.now() + ENDS_MS; Date.now() < deadline; await sleep(50)) {
    if (!(await isOurs())) return true;
  }
  throw new MysqlError(
    `The MySQL that an earlier sandbox left running (process ${pid}) does not stop.`,
    `End process ${pid} yourself and try again.`,
  );
}

/** Empty: there is no such process, or it is ending and has let go of everything. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return promisify(execFile)("ps", ["-ww", "-o", "args=", "-p", String(pid)]).then(
    ({ stdout }) => stdout,
    () => "",
  );
}
