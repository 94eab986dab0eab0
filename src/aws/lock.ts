import { hostname, userInfo } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { explain, isCode, isServerFault } from "./errors.ts";

/** A lock that is not renewed for this long is left behind. */
const LEASE_SECONDS = 60;
const RENEW_SECONDS = 15;
/** How often one looks whether a lock that seems to be left behind is renewed after all. */
const LOOKS_PER_LEASE = 12;

/** Who holds the lock of a stack. Times are milliseconds since the epoch. */
export interface Holder {
  /** Id of the run. */
  readonly run: string;
  /** `user@machine`. */
  readonly owner: string;
  readonly pid: number;
  /** The command that is under way, e.g. `create`. */
  readonly command: string;
  readonly since: number;
  /** By the clock of the holder's computer, which may be minutes off ours. */
  readonly expires: number;
}

/** Thrown when another run holds the lock. */
export class LockHeld extends Error {
  constructor(holder: Holder | undefined) {
    super(`the stack is locked: ${holder ? describeHolder(holder) : "another run has just taken it"}`);
    this.name = "LockHeld";
  }
}

/** How a lock is waited for. */
export interface LockOptions {
  /** Seconds; tests shorten it. Default 60. */
  readonly lease?: number;
  /** Told that a lock seems to be left behind and is watched for a lease. */
  readonly watching?: (holder: Holder, seconds: number) => void;
  /** Ends the watching. */
  readonly signal?: AbortSignal;
}

/**
 * The lock of a stack in a region: an SSM parameter that is created without overwrite, so that of two runs only one can
 * (ssm:PutParameter answers `ParameterAlreadyExists` to the other). It is a lease: a run that is killed stops renewing it.
 * Whether it is renewed is seen by its version and timed by one's own clock: clocks of two computers are never compared to
 * take a lock away.
 */
export class StackLock {
  readonly #ssm: SSMClient;
  readonly #name: string;
  readonly #self: Omit<Holder, "expires">;
  readonly #lost: (why: string) => void;
  readonly #options: LockOptions;
  readonly #lease: number;
  #taking: Promise<void> | undefined;
  #held = false;
  /** The call that takes it failed in a way that does not tell whether it was applied. */
  #unsure = false;
  #renewal: NodeJS.Timeout | undefined;
  /** The renewal that is under way, or the last one. */
  #renewing: Promise<void> | undefined;
  #renewed = Date.now();

  /** @param lost called when the lock is not this run's any more, or may not be: why, in words */
  constructor(
    ssm: SSMClient,
    stack: string,
    run: string,
    command: string,
    lost: (why: string) => void,
    options: LockOptions = {},
  ) {
    this.#ssm = ssm;
    this.#name = lockName(stack);
    this.#lost = lost;
    this.#options = options;
    this.#lease = (options.lease ?? LEASE_SECONDS) * 1000;
    this.#self = { run, owner: `${userName()}@${hostname()}`, pid: process.pid, command, since: Date.now() };
  }

  /** True while this run holds the lock. */
  get held(): boolean {
    return this.#held;
  }

  /** Takes the lock, once for all callers. Throws `LockHeld`. */
  take(): Promise<void> {
    this.#taking ??= this.#take().catch((error) => {
      this.#unsure = isServerFault(error);
      throw error;
    });
    return this.#taking;
  }

  /** Gives the lock back, if this run holds it. */
  async release(): Promise<void> {
    // A run that is interrupted while it takes the lock must not leave it behind.
    await this.#taking?.catch(() => {});
    clearInterval(this.#renewal);
    // One that is under way would write the lock again after it has been removed.
    await this.#renewing;
    if (!this.#held && !(this.#unsure && (await this.#isOurs()))) return;
    this.#held = false;
    await removeLock(this.#ssm, this.#name).catch(async (error) => {
      // It may be gone although the call failed.
      if (!isServerFault(error) || (await this.#isOurs())) throw error;
    });
  }

  async #isOurs(): Promise<boolean> {
    const found = await readLock(this.#ssm, this.#name);
    return found?.holder.run === this.#self.run;
  }

  async #take(): Promise<void> {
    if (!(await this.#create())) {
      const found = await readLock(this.#ssm, this.#name);
      const mine = found?.holder.run === this.#self.run;
      if (!mine && !(await this.#replace(found))) throw new LockHeld((await readLock(this.#ssm, this.#name))?.holder);
    }
    this.#held = true;
    this.#renewed = Date.now();
    this.#renewal = setInterval(() => this.#renewInTurn(), (this.#lease * RENEW_SECONDS) / LEASE_SECONDS);
    this.#renewal.unref();
  }

  async #create(): Promise<boolean> {
    try {
      await this.#put(false);
      return true;
    } catch (error) {
      if (isCode(error, "ParameterAlreadyExists")) return false;
      throw error;
    }
  }

  /**
   * Takes over a lock that was left behind. Two runs may try at once: SSM counts the versions of a parameter, and only
   * the run whose write came right after the version that it had read has won.
   */
  async #replace(found: FoundLock | undefined): Promise<boolean> {
    if (!found) return this.#create();
    const left = found.holder.expires - Date.now();
    if (left > 0 && left <= this.#lease) return false;
    // It has expired, or one of the two clocks is wrong.
    const now = await this.#watch(found);
    if (!now) return this.#create();
    if (now.version !== found.version) return false;
    const { version, attempts } = await this.#put(true);
    if (version === found.version + 1) return true;
    // The answer to a first try may have been lost, and then we have written more than once. Or somebody else was quicker: then
    // that run finds our name in the lock at its next renewal and ends, which we give it a lease for.
    if (attempts === 1 || version !== found.version + attempts) return false;
    return (await this.#watch({ ...found, version }))?.version === version;
  }

  /** The lock once it has changed, or once a whole lease has passed without that. */
  async #watch(found: FoundLock): Promise<FoundLock | undefined> {
    const { watching, signal } = this.#options;
    watching?.(found.holder, this.#lease / 1000);
    for (let look = 0; look < LOOKS_PER_LEASE; look++) {
      await pause(this.#lease / LOOKS_PER_LEASE, undefined, { signal });
      const now = await readLock(this.#ssm, this.#name);
      if (now?.version !== found.version) return now;
    }
    return found;
  }

  /** Writes our name into the lock. Answers its version, and how often the SDK had to ask for that. */
  async #put(overwrite: boolean): Promise<{ readonly version: number; readonly attempts: number }> {
    const holder: Holder = { ...this.#self, expires: Date.now() + this.#lease };
    const { Version: version = 0, $metadata } = await this.#ssm.send(
      new PutParameterCommand({
        Name: this.#name,
        Type: "String",
        Value: JSON.stringify(holder),
        Overwrite: overwrite,
      }),
    );
    return { version, attempts: $metadata.attempts ?? 1 };
  }

  #renewInTurn(): void {
    this.#renewing = Promise.resolve(this.#renewing).then(() => this.#renew());
  }

  async #renew(): Promise<void> {
    if (!this.#held) return;
    try {
      const found = await readLock(this.#ssm, this.#name);
      if (found?.holder.run !== this.#self.run) return this.#lose(takenBy(found));
      await this.#put(true);
      this.#renewed = Date.now();
    } catch (error) {
      if (Date.now() - this.#renewed < this.#lease) return;
      this.#lose(`it could not be renewed for ${this.#lease / 1000} s (${explain(error, undefined).why})`);
    }
  }

  #lose(why: string): void {
    clearInterval(this.#renewal);
    // A renewal that was under way while the lock was given back has nothing to lose.
    if (!this.#held) return;
    this.#held = false;
    this.#lost(why);
  }
}

function takenBy(found: FoundLock | undefined): string {
  return found ? `another run has taken it: ${describeHolder(found.holder)}` : "somebody removed it";
}

interface FoundLock {
  readonly holder: Holder;
  readonly version: number;
}

/** Name of the SSM parameter that is the lock of a stack. */
export function lockName(stack: string): string {
  return `/bia-infra/${stack}/lock`;
}

/** Who holds the lock of a stack; undefined: nobody. */
export async function readLock(ssm: SSMClient, name: string): Promise<FoundLock | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    return { holder: JSON.parse(Parameter?.Value ?? "{}"), version: Parameter?.Version ?? 0 };
  } catch (error) {
    if (isCode(error, "ParameterNotFound")) return undefined;
    throw error;
  }
}

/** Removes the lock, whoever holds it. */
export async function removeLock(ssm: SSMClient, name: string): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!isCode(error, "ParameterNotFound")) throw error;
  }
}

/** A holder in words: who, doing what, since when, until when. */
export function describeHolder(holder: Holder, now = Date.now()): string {
  const age = Math.max(0, Math.round((now - holder.since) / 1000));
  const left = Math.round((holder.expires - now) / 1000);
  const expiry = left > 0 ? `expires in ${left} s unless it is renewed` : `expired ${-left} s ago`;
  return `${holder.owner} (process ${holder.pid}) is running ${holder.command} since ${age} s; the lock ${expiry}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
