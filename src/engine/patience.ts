import { Explained } from "./errors.ts";
import { atLeisure, pauseAfter, pauseWatched } from "./pauses.ts";
import type { Run } from "./run.ts";
import type { AnyTask, Limits, Seconds } from "./task.ts";

const DEFAULT_READY = 300;
const DEFAULT_GONE = 300;
const DEFAULT_POLL = [0.2, 5] as const;
/** Pauses (seconds) while AWS does not see yet what was just made; the last one repeats. Profiles take 5-20 s on AWS. */
const PROPAGATION_PAUSES = [0.1, 0.2, 0.3, 0.4, 0.5] as const;
/** The same where AWS takes its usual time: shortest and longest pause, and between them a share of the time already waited. */
const USUAL_PROPAGATION = { shortest: 0.5, longest: 5, share: 0.4 } as const;
/** Seconds that IAM may well take: slack that is no more than that is left to things that take longer than usual. */
const PROPAGATES = 120;
/** Shortest pause (seconds) between two looks at what a person watches, where things take their usual time. */
const WATCHED = 0.7;
/** Longest time (seconds) that AWS may take to see what was just made. */
const PROPAGATION_LIMIT = 120;
/** Longest time (seconds) to wait for what does not go away by itself: AWS may only show late that it is gone. */
const FREED_LIMIT = 30;
/** Ids (of requests, of tasks) and IPv4 addresses with their ports. */
const CHANGING = /\b[0-9a-f]{8}[0-9a-f-]{8,}\b|\b\d+(\.\d+){3}(:\d+)?/gi;
const LOOK_AT_IT = "Run the same command again: it goes on from here. `bia-infra status` tells how it is meanwhile.";

/** A state that is waited for less long than others, and what to do when that was in vain. */
export interface Stall {
  readonly limit: Seconds;
  readonly next: string;
}

/**
 * The waiting of one task: the only place where a run pauses. A pause follows from the time already waited and from how long
 * the thing usually takes, so that short waits end quickly and long ones do not flood AWS with calls.
 */
export class Patience {
  readonly #run: Run<unknown>;
  readonly #task: AnyTask;
  readonly #limits: Limits;
  readonly #slack: Seconds;
  #reason: string | undefined;
  #since = 0;
  /** When the waiting for what was last done began, whatever the reasons were since. */
  #began: number | undefined;
  #usually: Seconds | undefined;
  readonly #firstSeen = new Map<string, number>();
  #propagationTries = 0;

  /** @param slack how much later than usual the task may end; see `pauseAfter` */
  constructor(run: Run<unknown>, task: AnyTask, slack: Seconds) {
    this.#run = run;
    this.#task = task;
    this.#slack = slack;
    this.#limits = task.kind.limits ?? {};
  }

  /** Something was done: what is waited for from now on begins now. */
  restart(): void {
    this.#began = undefined;
  }

  /**
   * Waits for a state to be reached on the way to ready. Throws when that takes longer than the kind allows.
   *
   * @param usually how long it usually takes; default: as long as the kind says
   */
  async untilReady(reason: string, usually = this.#limits.usually): Promise<void> {
    this.#start(reason, usually);
    await this.#pause(this.#limits.ready ?? DEFAULT_READY);
  }

  /** As `untilReady`, for what a person follows meanwhile: it is looked at as often as somebody wants to see it. */
  async untilReadyWatched(reason: string, stall?: Stall): Promise<void> {
    this.#start(reason, this.#limits.usually);
    const { limit = Number.POSITIVE_INFINITY, next } = stall ?? {};
    const longest = Math.min(limit, this.#limits.ready ?? DEFAULT_READY);
    await this.#pause(longest, { watched: true, ...(next !== undefined && { next }) });
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
    await this.#pause(FREED_LIMIT, { next });
  }

  /** Waits for AWS to see what was just made; `refusal` is what AWS said meanwhile, thrown when the time is over. */
  async untilSeen(reason: string, refusal: unknown): Promise<void> {
    this.#start(reason);
    if (this.#elapsed() > PROPAGATION_LIMIT * 1000) throw refusal;
    await this.#sleep(this.#propagationPause() * 1000);
  }

  #propagationPause(): Seconds {
    if (!this.#run.isUsual) return PROPAGATION_PAUSES[this.#propagationTries++] ?? 0.5;
    const { shortest, longest, share } = USUAL_PROPAGATION;
    const pause = Math.max(shortest, (this.#elapsed() / 1000) * share);
    return Math.max(Math.min(pause, longest), atLeisure(this.#slack - PROPAGATES));
  }

  async #pause(limit: number, { next = this.#limits.late ?? LOOK_AT_IT, watched = false } = {}): Promise<void> {
    const waited = this.#elapsed();
    if (waited > limit * 1000) {
      throw new Explained(`after ${Math.round(waited / 1000)} s it was still: ${this.#reason}`, next);
    }
    const inAll = (this.#run.clock.now() - (this.#began ?? this.#since)) / 1000;
    const { isUsual } = this.#run;
    const poll = this.#limits.poll ?? DEFAULT_POLL;
    const pause = () => {
      if (!isUsual) return pauseAfter(inAll, undefined, poll);
      if (watched) return pauseWatched(inAll, this.#usually, [Math.max(poll[0], WATCHED), poll[1]], this.#slack);
      return pauseAfter(inAll, this.#usually, poll, this.#slack);
    };
    await this.#sleep(pause() * 1000);
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
