import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../database-program.ts";
import type { Binaries } from "./binaries.ts";
import { PostgresError, reasonIn } from "./error.ts";
import { greet } from "./ready.ts";
import { ADMIN, type Model } from "./roles.ts";

/**
 * A process id in a file proves nothing: after a crash of the machine another program may have it. So each server is
 * given a secret that only it can know: its pg_hba.conf trusts one user name, which is random and no role has. A server
 * that answers `role "<secret>" does not exist` to it, but asks any other user for a password, reads our pg_hba.conf and
 * thus is the one that wrote postmaster.pid beside it.
 */
export const SECRET_FILE = "secret";

/** The lines of pg_hba.conf by which a server is known and clients get in. */
export function hostBasedAccess(secret: string, model: Model, tlsRequired: boolean, trusted?: string): string {
  return [
    `host all ${secret} 127.0.0.1/32 trust`,
    // In the words of RDS: `pg_hba.conf rejects connection for host ..., user ..., database "rdsadmin", SSL on`.
    ...(model === "rds" ? ["host rdsadmin all 127.0.0.1/32 reject"] : []),
    `host all ${ADMIN[model]} 127.0.0.1/32 reject`,
    ...(trusted === undefined ? [] : [`host all "${trusted.replaceAll('"', '""')}" 127.0.0.1/32 trust`]),
    `${tlsRequired ? "hostssl" : "host"} all all 127.0.0.1/32 scram-sha-256`,
    "",
  ].join("\n");
}

/** How long a server may be starting, recovering or stopping before it says who it is. */
const SAYS_WHO_MS = 30_000;

/**
 * Stops the server that an earlier process left running in `home`; removes the pid file of one whose process is gone.
 *
 * @returns whether there was one
 */
export async function stopOrphan(binaries: Binaries, home: string): Promise<boolean> {
  const data = join(home, "data");
  const left = await readPidFile(data);
  if (!left) return false;
  if (!isAlive(left.pid)) return false;
  const secret = await readFile(join(home, SECRET_FILE), "utf8").catch(() => "");
  if (secret === "" || !(await knows(left.port, secret))) {
    // Some other program has the process id now. If it were a server after all, PostgreSQL would refuse to start a
    // second one, by its lock on shared memory.
    await rm(join(data, "postmaster.pid"), { force: true });
    return false;
  }
  const { code, lines } = await run(binaries.pgCtl, ["stop", "-D", data, "-m", "fast", "-w", "-t", "60"], home);
  if (code === 0 || !isAlive(left.pid)) return true;
  throw new PostgresError(
    `The PostgreSQL that an earlier sandbox left running (process ${left.pid}) does not stop: ${reasonIn(lines)}`,
    `End process ${left.pid} yourself and try again.`,
  );
}

async function knows(port: number, secret: string): Promise<boolean> {
  const deadline = Date.now() + SAYS_WHO_MS;
  for (;;) {
    const answer = await greet(port, secret, "postgres");
    if (answer.kind !== "error") return false;
    if (answer.code === "28000" && answer.message === `role "${secret}" does not exist`) {
      const toAnyone = await greet(port, randomBytes(16).toString("hex"), "postgres");
      return (
        toAnyone.kind === "authenticate" || !(toAnyone.kind === "error" && /does not exist/.test(toAnyone.message))
      );
    }
    // cannot_connect_now: it starts, recovers or stops.
    if (answer.code !== "57P03" || Date.now() > deadline) return false;
    await sleep(50);
  }
}

/** Lines of the file: process id, data folder, start time, port ... (src/include/utils/pidfile.h). */
async function readPidFile(data: string): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
