import type { Count, CountedMinute, Minutes } from "../config.ts";

/** A metric until it is taken. */
interface Counting extends Omit<Count, "values"> {
  readonly values: Map<number, number>;
}

/**
 * What load balancers count of their requests, each in the minute that it ends in, until somebody takes it. The minutes are told
 * apart here, at the moment itself: on a fast clock a request more or less is many in a minute, and whoever takes the counts is late.
 */
export class Counts {
  #minutes: Minutes | undefined;
  readonly #counted = new Map<number, Map<string, Counting>>();

  configure(minutes: Minutes | undefined): void {
    this.#minutes = minutes;
  }

  /** Adds one value of a metric. */
  add(loadBalancer: string, group: string | undefined, metric: string, value: number): void {
    const key = `${metric} ${loadBalancer} ${group}`;
    const counts = this.#countsNow();
    const present = counts.get(key);
    const values = present?.values ?? new Map<number, number>();
    const rounded = Number(value.toPrecision(2));
    values.set(rounded, (values.get(rounded) ?? 0) + 1);
    counts.set(key, {
      loadBalancer,
      group,
      metric,
      sum: (present?.sum ?? 0) + value,
      samples: (present?.samples ?? 0) + 1,
      minimum: Math.min(present?.minimum ?? value, value),
      maximum: Math.max(present?.maximum ?? value, value),
      values,
    });
  }

  /** Those of the minutes before this one, in their order. Without minutes of a clock all are of the last of these. */
  take(before: number): CountedMinute[] {
    const over = [...this.#counted.keys()].filter((minute) => minute < before).sort((one, other) => one - other);
    return over.map((minute) => {
      const counted = [...(this.#counted.get(minute)?.values() ?? [])];
      this.#counted.delete(minute);
      const counts = counted.map((count) => ({ ...count, values: [...count.values] }));
      return { minute: this.#minutes ? minute : before - 1, counts };
    });
  }

  #countsNow(): Map<string, Counting> {
    const minute = this.#minutes ? Math.floor((Date.now() - this.#minutes.since) / this.#minutes.each) : 0;
    const counts = this.#counted.get(minute) ?? new Map();
    this.#counted.set(minute, counts);
    return counts;
  }
}
