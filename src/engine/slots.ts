interface Waiting {
  readonly weight: number;
  readonly start: () => void;
}

/**
 * A limit on how many AWS calls are under way at once. Whoever waits with the greatest weight goes first. A task holds a
 * slot while it calls, not while it waits for a state, so a database that takes ten minutes does not hold up the rest.
 */
export class Slots {
  #free: number;
  readonly #queue: Waiting[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `call` as soon as there is a slot for it. */
  async run<T>(weight: number, call: () => Promise<T>): Promise<T> {
    await this.#take(weight);
    try {
      return await call();
    } finally {
      this.#give();
    }
  }

  #take(weight: number): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((start) => {
      const place = this.#queue.findIndex((other) => other.weight < weight);
      this.#queue.splice(place < 0 ? this.#queue.length : place, 0, { weight, start });
    });
  }

  #give(): void {
    const next = this.#queue.shift();
    if (next) next.start();
    else this.#free += 1;
  }
}
