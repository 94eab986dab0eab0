import type { RequestCount } from "../counts.ts";

/** How often counts are told, at most. */
const EVERY_MS = 1000;

/** Counts requests, and tells of them in batches. */
export class Counter {
  readonly #tell: (counts: RequestCount[]) => void;
  #counts = new Map<string, { -readonly [Key in keyof RequestCount]: RequestCount[Key] }>();

  constructor(tell: (counts: RequestCount[]) => void) {
    this.#tell = tell;
  }

  /** @param time milliseconds that the target took; 0 if none was asked */
  count(loadBalancer: string, target: string | undefined, status: number, time: number): void {
    if (this.#counts.size === 0) setTimeout(() => this.#flush(), EVERY_MS).unref();
    const key = `${loadBalancer} ${target} ${status}`;
    const present = this.#counts.get(key);
    if (!present) {
      this.#counts.set(key, { loadBalancer, ...(target !== undefined && { target }), status, requests: 1, time });
      return;
    }
    present.requests += 1;
    present.time += time;
  }

  #flush(): void {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    this.#tell(counts);
  }
}
