import type { Count } from "../config.ts";

/** What load balancers count of their requests, until somebody takes it. */
export class Counts {
  #counts = new Map<string, Count>();

  /** Adds one value of a metric. */
  add(loadBalancer: string, group: string | undefined, metric: string, value: number): void {
    const key = `${metric} ${loadBalancer} ${group}`;
    const present = this.#counts.get(key);
    this.#counts.set(key, {
      loadBalancer,
      group,
      metric,
      sum: (present?.sum ?? 0) + value,
      samples: (present?.samples ?? 0) + 1,
      minimum: Math.min(present?.minimum ?? value, value),
      maximum: Math.max(present?.maximum ?? value, value),
    });
  }

  take(): Count[] {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    return counts;
  }
}
