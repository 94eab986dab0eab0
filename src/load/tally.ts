import { createHistogram } from "node:perf_hooks";

/** Microseconds that a histogram can tell: an hour. */
const LONGEST_US = 3_600_000_000;

/** Takes note of requests and of what came of them. */
export interface Counting {
  /** A request has begun. */
  began(): void;
  /** It got a whole answer, after so many milliseconds. */
  answered(status: number, ms: number): void;
  /** It got none, or only a part of it. */
  failed(reason: string): void;
}

/** What came of requests. */
export class Tally implements Counting {
  /** Requests that were begun. */
  sent = 0;
  /** Answers by status code. */
  readonly statuses = new Map<number, number>();
  /** Requests without a whole answer, by the reason. */
  readonly unanswered = new Map<string, number>();
  readonly #latencies = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });

  began(): void {
    this.sent += 1;
  }

  answered(status: number, ms: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.#latencies.record(Math.max(1, Math.round(ms * 1000)));
  }

  failed(reason: string): void {
    this.unanswered.set(reason, (this.unanswered.get(reason) ?? 0) + 1);
  }

  /** Requests that got a whole answer, whatever it says. */
  get answers(): number {
    return this.#latencies.count;
  }

  /** Requests that failed: no whole answer, or a status of 400 and above. */
  get failures(): number {
    const refused = [...this.statuses].filter(([status]) => status >= 400);
    return [...refused, ...this.unanswered].reduce((sum, [, count]) => sum + count, 0);
  }

  /** Milliseconds that so many per cent of the answers did not exceed; NaN: there is none. */
  percentile(percent: number): number {
    return this.answers === 0 ? Number.NaN : this.#latencies.percentile(percent) / 1000;
  }

  /** Milliseconds of the slowest answer; NaN: there is none. */
  get slowest(): number {
    return this.answers === 0 ? Number.NaN : this.#latencies.max / 1000;
  }

  /** Counts what another has counted. */
  add(other: Tally): void {
    this.sent += other.sent;
    for (const [status, count] of other.statuses) this.statuses.set(status, (this.statuses.get(status) ?? 0) + count);
    for (const [why, count] of other.unanswered) this.unanswered.set(why, (this.unanswered.get(why) ?? 0) + count);
    this.#latencies.add(other.#latencies);
  }
}
