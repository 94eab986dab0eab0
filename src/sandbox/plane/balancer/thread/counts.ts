import type { Count } from "../config.ts";

/** A metric until it is taken. */
interface Counting extends Omit<Count, "values"> {
  readonly values: Map<number, number>;
}

/** What load balancers count of their requests, until somebody takes it. */
export class Counts {
  #counts = new Map<string, Counting>();

  /** Adds one value of a metric. */
  add(loadBalancer: string, group: string | undefined, metric: string, value: number): void {
    const key = `${metric} ${loadBalancer} ${group}`;
    const present = this.#counts.get(key);
    const values = present?.values ?? new Map<number, number>();
    const rounded = Number(value.toPrecision(2));
    values.set(rounded, (values.get(rounded) ?? 0) + 1);
    this.#counts.set(key, {
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

  take(): Count[] {
    const counts = [...this.#counts.values()].map((count) => ({ ...count, values: [...count.values] }));
    this.#counts = new Map();
    return counts;
  }
}
