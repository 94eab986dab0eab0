import type { AnsweredSecond, Way } from "../config.ts";

const SECOND = 1000;

/** Seconds that are remembered: an hour, as long as ECS remembers a task that has stopped. */
const REMEMBERED = 3600;

/**
 * How many requests took which way in each second. CloudWatch tells neither rules nor targets apart; on AWS only access logs do,
 * minutes later.
 */
export class Answered {
  /** By the second, oldest first, and what of it is told apart. Seconds without a request are left out. */
  readonly #seconds = new Map<number, Map<string, { -readonly [Key in keyof AnsweredSecond]: AnsweredSecond[Key] }>>();

  /** Counts a request that has ended. */
  add(way: Way, isFailed: boolean): void {
    const counts = this.#now();
    const key = `${way.listener} ${way.priority} ${way.target ?? way.group}`;
    const count = counts.get(key) ?? { ...way, at: 0, count: 0, failed: 0 };
    count.count += 1;
    if (isFailed) count.failed += 1;
    counts.set(key, count);
  }

  /** What was counted in the seconds that began at a time or later, this one included; the oldest first. */
  since(time: number): AnsweredSecond[] {
    const found: AnsweredSecond[] = [];
    for (const [second, counts] of this.#seconds) {
      const at = second * SECOND;
      if (at >= time) for (const count of counts.values()) found.push({ ...count, at });
    }
    return found;
  }

  #now() {
    const second = Math.floor(Date.now() / SECOND);
    const present = this.#seconds.get(second);
    if (present) return present;
    for (const old of this.#seconds.keys()) {
      if (old > second - REMEMBERED) break;
      this.#seconds.delete(old);
    }
    const counts = new Map();
    this.#seconds.set(second, counts);
    return counts;
  }
}
