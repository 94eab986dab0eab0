import type { Clock } from "../world/clock.ts";

const MINUTE = 60_000;

/** Real time, which is what requests and processes take, however fast the world's clock runs. */
export class Stopwatch {
  readonly #clock: Clock;
  #since = performance.now();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Real milliseconds since it was asked last. */
  lap(): number {
    const since = this.#since;
    this.#since = performance.now();
    return this.#since - since;
  }

  /**
   * What to multiply by what was counted since it was asked last, for a minute of the world: a rate stays what it is, 200 a second are
   * 12,000 a minute by any clock.
   */
  perMinute(): number {
    const passed = this.lap();
    return [0, 1].includes(this.#clock.speed) ? 1 : MINUTE / passed;
  }
}
