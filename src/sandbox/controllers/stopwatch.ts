/** Real time, which is what processes take, however fast the world's clock runs. */
export class Stopwatch {
  #since = performance.now();

  /** Real milliseconds since it was asked last. */
  lap(): number {
    const since = this.#since;
    this.#since = performance.now();
    return this.#since - since;
  }
}
