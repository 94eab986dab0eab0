import { existsSync } from "node:fs";
import { open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SILENT_MS } from "./guard.ts";
import { healthOf, isRunning } from "./health.ts";
import { type Home, readRecord } from "./home.ts";

/** A process that started this long ago and does not answer is not starting any more. */
const STARTING_MS = 15_000;

/** What stands in the file of a claim that was given back, in place of the id of a process. */
const RELEASED = "released";

/** The right of one process to serve a home and to write its state. */
export interface Claim {
  /** It says which process holds it. */
  readonly file: string;
  /** File of the claim that ends this one. */
  readonly next: string;
  /** False once another process has taken over, because this one seemed dead: it must write nothing any more. */
  holds(): boolean;
  /** Gives the claim back. */
  release(): Promise<void>;
}

/**
 * Claims a home for this process. Claims are numbered files, and only one process can create the next number, on every
 * platform and however many try at once. The file of the latest claim stays, so that numbers are never used again.
 *
 * @param seen the latest claim when somebody wanted this process: a later one means that another process was faster,
 *   even if it is over by now
 * @returns undefined if a live process holds the home, or another one held it since
 */
export async function claimHome(home: Home, seen: number): Promise<Claim | undefined> {
  const latest = await latestClaim(home);
  if (latest !== seen || (latest > 0 && (await isHeld(home, latest)))) return undefined;
  return await createClaim(home, latest + 1);
}

/** Number of the latest claim to a home; 0: there was none. */
export async function latestClaim(home: Home): Promise<number> {
  const numbers = (await readdir(home.claims)).map(Number).filter((number) => Number.isInteger(number));
  return Math.max(0, ...numbers);
}

/** Id of the process that holds a home, whether it answers or not; undefined: none does. */
export async function holderOf(home: Home): Promise<number | undefined> {
  const file = join(home.claims, String(await latestClaim(home).catch(() => 0)));
  const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]).catch(
    () => ["", { mtimeMs: 0 }] as const,
  );
  const pid = Number(text);
  return pid > 0 && Date.now() - mtimeMs < SILENT_MS && isRunning(pid) ? pid : undefined;
}

/**
 * Takes a home from the process that holds it, for nobody: that process ends, whatever it is doing (see guard.ts).
 *
 * @returns whether it is over, which must be asked until it is
 */
export async function dispossess(home: Home): Promise<() => boolean> {
  const number = await latestClaim(home);
  const file = join(home.claims, String(number));
  const pid = Number(await readFile(file, "utf8").catch(() => ""));
  // One that exists already has ended it, too.
  await writeFile(join(home.claims, String(number + 1)), RELEASED, { flag: "wx", mode: 0o600 }).catch(() => {});
  return () => !existsSync(file) || !isRunning(pid);
}

async function isHeld(home: Home, number: number): Promise<boolean> {
  const file = join(home.claims, String(number));
  const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]).catch(
    () => ["gone", { mtimeMs: 0 }] as const,
  );
  const starting = Date.now() - mtimeMs < STARTING_MS;
  // The creator has not written its id yet.
  if (text === "") return starting;
  const pid = Number(text);
  if (!Number.isInteger(pid) || !isRunning(pid)) return false;
  const record = await readRecord(home);
  return record?.pid === pid ? (await healthOf(record)) !== undefined : starting;
}

/** Undefined: another process was faster. */
async function createClaim(home: Home, number: number): Promise<Claim | undefined> {
  const file = join(home.claims, String(number));
  try {
    const handle = await open(file, "wx", 0o600);
    // Without its id, on a full disk, it would seem to be starting.
    const wrote = handle.writeFile(String(process.pid)).finally(() => handle.close());
    await wrote.catch((error) => rm(file, { force: true }).then(() => Promise.reject(error)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
  const next = join(home.claims, String(number + 1));
  await rm(join(home.claims, String(number - 1)), { force: true });
  return {
    file,
    next,
    holds: () => !existsSync(next),
    release: () => writeFile(file, RELEASED),
  };
}
