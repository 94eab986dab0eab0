import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../version.ts";
import type { AuthorityAnswer } from "./certification.ts";
import { dispossess, holderOf, latestClaim } from "./claim.ts";
import { ControlRefused, control, type Health, healthOf, isRunning } from "./health.ts";
import { type Home, makeHome, readRecord, type SandboxRecord, sandboxHome } from "./home.ts";
import type { AnsweredRow, DatabaseRow, ListenerRow, MachineRow } from "./sandbox.ts";
import { isDiskFull } from "./world/unsaved.ts";

/** A sandbox takes under a second to start; a machine under heavy load may need this long. */
const START_MS = 30_000;

/** How long a sandbox may take to stop its containers, save its state and end. */
const STOP_MS = 40_000;

/** How long a process may take to end that nobody asks any more. */
const END_MS = 10_000;

/** How often a file or a process is looked at while one waits for it to change. */
const LOOK_MS = 15;

/** A sandbox that answers, and how to reach it. */
export interface Sandbox {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly pid: number;
  /** How many times faster than real its clock runs. */
  readonly speed: number;
  /** Milliseconds since the epoch on its clock. */
  readonly now: () => number;
  /** How long it takes for things. */
  readonly delays: Health["delays"];
  /** Where docker and the like reach the account's registries of images, by HTTP and over TLS, as `host:port`. */
  readonly registry?: string;
  /** True if it did not run before. */
  readonly startedNow: boolean;
  /** Version of the product whose sandbox had to make room; its state was kept. */
  readonly replaced?: string;
}

/** What `sandboxStatus` tells. */
export interface SandboxStatus {
  readonly running: boolean;
  /** Absent while it runs, and where there is none: there is a process, but nobody can use it (yet). */
  readonly unusable?: "starting" | "not answering";
  readonly folder: string;
  readonly log: string;
  /** Absent: no sandbox was ever started. */
  readonly endpoint?: string;
  readonly accessKeyId?: string;
  readonly version?: string;
  readonly pid?: number;
  readonly startedAt?: string;
  /** What the sandbox itself says, if it runs. */
  readonly details?: SandboxDetails;
}

/** What is in a running sandbox. */
export interface SandboxDetails {
  readonly account: string;
  /** Names of the services that it emulates, as in a credential scope. */
  readonly services: readonly string[];
  /** Regions that anything has been asked of. */
  readonly regions: readonly string[];
  readonly machines: readonly MachineRow[];
  readonly databases: readonly DatabaseRow[];
  /** Listeners of load balancers that clients of this computer reach. */
  readonly listeners: readonly ListenerRow[];
  /** Where docker and the like reach the account's registries of images, by HTTP and over TLS, as `host:port`. */
  readonly registry?: string;
  /** Where names of the account are looked up, by UDP and TCP, as `host:port`. */
  readonly dns?: string;
}

/** The sandbox could not be started or stopped. */
export class SandboxError extends Error {
  /** What to do next. */
  readonly next: string;

  constructor(why: string, next: string) {
    super(why);
    this.name = "SandboxError";
    this.next = next;
  }
}

/**
 * Finds this user's sandbox, or starts it: a process of its own that outlives this one. However many callers try at
 * once, there is one sandbox afterwards. One of another version of the product is replaced; its state is kept.
 *
 * @param patience milliseconds that it may take; a process that is given up then is ended
 * @throws SandboxError
 */
export async function ensureSandbox(home: Home = sandboxHome(), patience = START_MS): Promise<Sandbox> {
  const found = await findRunning(home);
  if (found && found.health.version === VERSION) return sandboxOf(found, false);
  if (!found) return sandboxOf(await start(home, patience), true);
  await stopRunning(found.record, { discard: false });
  // Another command may have replaced it at the same time.
  return { ...(await ensureSandbox(home)), replaced: found.health.version };
}

/**
 * Stops the sandbox; its state is kept for the next start. One that does not answer, or is still starting, is ended: what
 * was answered is saved.
 *
 * @returns false if none ran
 * @throws SandboxError
 */
export async function stopSandbox(home: Home = sandboxHome()): Promise<boolean> {
  return await stopIfRunning(home, { discard: false });
}

/**
 * Deletes everything in the sandbox's account. Keys and port stay. A sandbox that ran runs again afterwards, empty.
 *
 * @throws SandboxError
 */
export async function resetSandbox(home: Home = sandboxHome()): Promise<{ running: boolean }> {
  const running = await stopIfRunning(home, { discard: true });
  const { removeEngines } = await import("./controllers/engines.ts");
  await removeEngines(home.world, home.cache);
  const { removeDatabases } = await import("./controllers/database-servers.ts");
  await removeDatabases(home.world, home.cache);
  await rm(home.world, { recursive: true, force: true });
  if (running) await ensureSandbox(home);
  return { running };
}

/** Tells whether the sandbox runs, without starting it. */
export async function sandboxStatus(home: Home = sandboxHome()): Promise<SandboxStatus> {
  const { folder, log } = home;
  const record = await readRecord(home);
  const health = record && (await healthOf(record));
  if (!record || !health) {
    const pid = await holderOf(home);
    const unusable = pid === record?.pid ? "not answering" : "starting";
    const holder = pid !== undefined && ({ unusable, pid } as const);
    const known = record && { endpoint: record.endpoint, accessKeyId: record.accessKeyId, version: record.version };
    return { running: false, ...holder, folder, log, ...known };
  }
  const { endpoint, accessKeyId } = record;
  const { pid, startedAt } = health;
  const details = (await control(record, "status")) as SandboxDetails;
  return { running: true, folder, log, endpoint, accessKeyId, version: health.version, pid, startedAt, details };
}

/**
 * The certificate of the sandbox's certification authority, or of the one that signed a certificate for a domain.
 * Starts the sandbox if it does not run.
 *
 * @throws SandboxError, also if no certificate was issued for the domain
 */
export async function sandboxAuthority(domain?: string, home: Home = sandboxHome()): Promise<AuthorityAnswer> {
  const { endpoint, credentials } = await ensureSandbox(home);
  try {
    return (await control({ endpoint, ...credentials }, "authority", { domain })) as AuthorityAnswer;
  } catch (error) {
    if (!(error instanceof ControlRefused)) throw error;
    throw new SandboxError(
      error.message,
      "Certificate Manager issues one once its validation record is in a hosted zone.",
    );
  }
}

/**
 * Where urls of AWS are opened from this computer, by url; those that are served nowhere at the moment are left out.
 *
 * @throws ControlRefused
 */
export async function whereOpen(
  { endpoint, credentials }: Pick<Sandbox, "endpoint" | "credentials">,
  urls: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  return (await control({ endpoint, ...credentials }, "where-open", { urls })) as Record<string, string>;
}

/**
 * How many requests took which way through load balancers since a time, in milliseconds since the epoch on the sandbox's clock.
 *
 * @throws ControlRefused
 */
export async function answeredSince(
  { endpoint, credentials }: Pick<Sandbox, "endpoint" | "credentials">,
  since: number,
): Promise<readonly AnsweredRow[]> {
  return (await control({ endpoint, ...credentials }, "answered", { since })) as readonly AnsweredRow[];
}

interface Found {
  readonly record: SandboxRecord;
  readonly health: Health;
}

async function findRunning(home: Home): Promise<Found | undefined> {
  const record = await readRecord(home);
  if (record?.pid === undefined) return undefined;
  const health = await healthOf(record);
  return health && { record, health };
}

function sandboxOf({ record, health }: Found, startedNow: boolean): Sandbox {
  const { endpoint, accessKeyId, secretAccessKey, registry } = record;
  const { pid, speed, delays } = health;
  const askedAt = Date.now();
  const now = () => health.now + (Date.now() - askedAt) * speed;
  const where = { endpoint, ...(registry !== undefined && { registry }) };
  return { ...where, credentials: { accessKeyId, secretAccessKey }, pid, speed, now, delays, startedNow };
}

/** `discard`: what it could not save may be lost. @returns false if none ran */
async function stopIfRunning(home: Home, ways: { discard: boolean }): Promise<boolean> {
  const found = await findRunning(home);
  if (found) await stopRunning(found.record, ways);
  else if ((await holderOf(home)) !== undefined) await endHolder(home);
  else return false;
  return true;
}

/** Ends the process that holds a home, without its help. @throws SandboxError if it stays */
async function endHolder(home: Home): Promise<void> {
  const pid = await holderOf(home);
  const isOver = await dispossess(home);
  if (await until(END_MS, async () => isOver() || undefined)) return;
  throw new SandboxError(
    `The sandbox (process ${pid}) does not answer and does not end.`,
    `End process ${pid} yourself; everything that was answered is saved.`,
  );
}

async function stopRunning(record: SandboxRecord, ways: { discard: boolean }): Promise<void> {
  const { pid = 0 } = record;
  await control(record, "shutdown", ways).catch((error) => {
    // Anything else: it is about to end already, because another command asked first.
    if (error instanceof ControlRefused)
      throw new SandboxError(`The sandbox did not stop. ${error.message}`, FREE_SPACE);
  });
  const stopped = await until(STOP_MS, async () => !isRunning(pid) || undefined);
  if (stopped) return;
  throw new SandboxError(
    `The sandbox (process ${pid}) was asked to stop and did not within ${STOP_MS / 1000} s.`,
    `End process ${pid} yourself and run the command again; everything that was answered is saved.`,
  );
}

const FREE_SPACE = "Free some space there, then run the same command again.";

/** Several processes may do this at once: each starts a sandbox, and all but one of those find the home taken and end. */
async function start(home: Home, patience: number): Promise<Found> {
  await makeHome(home).catch((error) => {
    throw isDiskFull(error) ? diskFull(home) : error;
  });
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const child = await spawnDaemon(home, await latestClaim(home));
    const found = await until(deadline - Date.now(), async () => {
      const running = await findRunning(home);
      if (running) return running;
      if (child.failed()) throw await startFailed(home);
      return child.gaveUp() ? "again" : undefined;
    });
    if (found && found !== "again") return found;
    if (!found) child.end();
  }
  return (await findRunning(home)) ?? (await giveUp(home, patience));
}

/** Nothing goes on trying, and growing, that nobody waits for. */
async function giveUp(home: Home, patience: number): Promise<never> {
  if ((await holderOf(home)) !== undefined) await endHolder(home);
  if (await hasNoRoom(home)) throw diskFull(home);
  throw new SandboxError(
    `The sandbox did not start within ${patience / 1000} s and was ended.`,
    `More is in its log: ${home.log}. If it happens again, \`bia-infra sandbox reset\` begins with an empty one.`,
  );
}

/** How the started process is doing. */
interface Child {
  /** It died. */
  failed(): boolean;
  /** It found the home taken, and long enough ago for the other one to answer by now. */
  gaveUp(): boolean;
  end(): void;
}

async function spawnDaemon(home: Home, seenClaim: number): Promise<Child> {
  const log = await open(home.log, "a", 0o600);
  const child = spawn(process.execPath, [...daemonArguments(), String(seenClaim)], {
    cwd: home.folder,
    env: daemonEnvironment(home),
    detached: true,
    windowsHide: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  let failed = false;
  let endedAt: number | undefined;
  child.once("error", () => {
    failed = true;
  });
  child.once("exit", (code) => {
    failed = code !== 0;
    endedAt = Date.now();
  });
  child.unref();
  await log.close();
  const end = () => void child.kill("SIGKILL");
  return { end, failed: () => failed, gaveUp: () => endedAt !== undefined && Date.now() - endedAt > 1_000 };
}

/** The daemon is a script of its own, built beside the command line; code that runs from source starts the one built last. */
function daemonArguments(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const folders = [here, dirname(here), join(here, "../../dist")];
  const script = folders.map((folder) => join(folder, "sandbox-daemon.js")).find(existsSync);
  // A heap that is collected in small steps: a sandbox waits nearly all of its time, and shall be no burden meanwhile.
  if (script) return ["--max-semi-space-size=1", script];
  throw new SandboxError(`sandbox-daemon.js is missing beside ${here}.`, "Install bia-infra again.");
}

/** Nothing of the user's AWS account reaches the sandbox. */
function daemonEnvironment(home: Home): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    // The certificates of the user's network stay: what is built in the sandbox may have to reach npm's registry.
    const kept = name === "NODE_EXTRA_CA_CERTS" || !/^(AWS_|NODE_|VITEST)/.test(name);
    if (kept) env[name] = value;
  }
  return { ...env, BIA_SANDBOX_HOME: home.folder };
}

function diskFull({ folder }: Home): SandboxError {
  return new SandboxError(`The sandbox could not be started: the disk of ${folder} is full.`, FREE_SPACE);
}

async function startFailed(home: Home): Promise<SandboxError> {
  if (await hasNoRoom(home)) return diskFull(home);
  const died = /the sandbox died: (?:\w*Error: )?(.*)/g;
  const reason = [...(await readFile(home.log, "utf8")).matchAll(died)].at(-1)?.[1];
  const why = reason === undefined ? "." : `: ${reason}`;
  return new SandboxError(`The sandbox could not be started${why}`, `More is in its log: ${home.log}`);
}

/** Asked by trying: a log on a full disk does not say why. */
async function hasNoRoom({ folder }: Home): Promise<boolean> {
  const probe = join(folder, `probe-${process.pid}`);
  try {
    await writeFile(probe, Buffer.alloc(64 * 1024));
    return false;
  } catch (error) {
    return isDiskFull(error);
  } finally {
    await rm(probe, { force: true });
  }
}

/** Looks until there is an answer; undefined: there was none in time. */
async function until<T>(milliseconds: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
