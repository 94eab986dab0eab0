import { Explained } from "./errors.ts";
import { pauseAfter } from "./pauses.ts";
import type { Run } from "./run.ts";
import type { AnyTask, Limits, Seconds } from "./task.ts";

const DEFAULT_READY = 300;
const DEFAULT_GONE = 300;
const DEFAULT_POLL = [0.2, 5] as const;
/** Pauses (seconds) while AWS does not see yet what was just made; the last one repeats. Profiles take 5-20 s on AWS. */
const PROPAGATION_PAUSES = [0.1, 0.2, 0.3, 0.4, 0.5] as const;
/** Longest time (seconds) that AWS may take to see what was just made. */
const PROPAGATION_LIMIT = 120;
/** Longest time (seconds) to wait for what does not go away by itself: AWS may only show late that it is gone. */
const FREED_LIMIT = 30;
/** Ids (of requests, of tasks) and IPv4 addresses with their ports. */
const CHANGING = /\b[0-9a-f]{8}[0-9a-f-]{8,}\b|\b\d+(\.\d+){3}(:\d+)?/gi;
const LOOK_AT_IT = "Run the same command again: it goes on from here. `bia-infra status` tells how it is meanwhile.";

/**
 * The waiting of one task: the only place where a run pauses. A pause follows from the time already waited and from how long
 * the thing usually takes, so that short waits end quickly and long ones do not flood AWS with calls.
 */
export class Patience {
  readonly #run: Run<unknown>;
  readonly #task: AnyTask;
  readonly #limits: Limits;
  #reason: string | undefined;
  #since = 0;
  /** When the waiting for what was last done began, whatever the reasons were since. */
  #began: number | undefined;
  #usually: Seconds | undefined;
  readonly #firstSeen = new Map<string, number>();
  #propagationTries = 0;

  constructor(run: Run<unknown>, task: AnyTask) {
    this.#run = run;
    this.#task = task;
    this.#limits = task.kind.limits ?? {};
  }

  /** Something was done: what is waited for from now on begins now. */
  restart(): void {
    this.#began = undefined;
  }

  /** Waits for a state to be reached on the way to ready. Throws when that takes longer than the kind allows. */
  async untilReady(reason: string): Promise<void> {
    this.#start(reason, this.#limits.usually);
    await this.#pause(this.#limits.ready ?? DEFAULT_READY);
  }

  /** Waits for an update to be seen. Throws when that takes longer than the kind allows. */
  async untilShown(reason: string): Promise<void> {
    this.#start(reason);
    await this.#pause(this.#limits.shown ?? this.#limits.ready ?? DEFAULT_READY);
  }

  /** Waits for a thing to be gone. Throws when that takes longer than the kind allows. */
  async untilGone(reason: string): Promise<void> {
    this.#start(reason, this.#limits.usuallyGone);
    await this.#pause(this.#limits.gone ?? DEFAULT_GONE);
  }

  /** Waits for a person to take away what keeps a thing from being deleted: not for long, then throws with what to do `next`. */
  async untilFreed(reason: string, next: string): Promise<void> {
    this.#start(reason);
    await this.#pause(FREED_LIMIT, next);
  }

  /** Waits for AWS to see what was just made; `refusal` is what AWS said meanwhile, thrown when the time is over. */
  async untilSeen(reason: string, refusal: unknown): Promise<void> {
    this.#start(reason);
    if (this.#elapsed() > PROPAGATION_LIMIT * 1000) throw refusal;
    const pause = PROPAGATION_PAUSES[this.#propagationTries++] ?? PROPAGATION_PAUSES[PROPAGATION_PAUSES.length - 1];
    await this.#sleep((pause ?? 1) * 1000);
  }

  async #pause(limit: number, next = LOOK_AT_IT): Promise<void> {
    const waited = this.#elapsed();
    if (waited > limit * 1000) {
      throw new Explained(`after ${Math.round(waited / 1000)} s it was still: ${this.#reason}`, next);
    }
    const inAll = (this.#run.clock.now() - (this.#began ?? this.#since)) / 1000;
    // What can be followed while it goes on is looked at as often as a person wants to see it.
    const usually = this.#run.isUsual && !this.#task.kind.follow ? this.#usually : undefined;
    await this.#sleep(pauseAfter(inAll, usually, this.#limits.poll ?? DEFAULT_POLL) * 1000);
  }

  async #sleep(ms: number): Promise<void> {
    await this.#run.clock.sleep(ms, this.#run.signal);
    this.#run.forget();
  }

  /**
   * A new reason is progress and has its own limit; one that comes back goes on where it was. AWS's words may carry the id of a
   * request or an address, new ones each time: that is no progress.
   */
  #start(reason: string, usually?: Seconds): void {
    this.#began ??= this.#run.clock.now();
    this.#usually = usually;
    if (reason === this.#reason) return;
    this.#reason = reason;
    const key = reason.replace(CHANGING, "");
    this.#since = this.#firstSeen.get(key) ?? this.#run.clock.now();
    this.#firstSeen.set(key, this.#since);
    this.#run.emit({
      type: "waiting",
      task: this.#task.id,
      reason,
      since: 0,
      ...(usually === undefined ? {} : { usually }),
    });
  }

  #elapsed(): number {
    return this.#run.clock.now() - this.#since;
  }
}
