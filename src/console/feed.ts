/** What the page is told, by topic. The newest of each topic is all that one who comes later needs. */
export class Feed {
  readonly #newest = new Map<string, string>();
  readonly #listeners = new Set<(topic: string, text: string) => void>();
  readonly #awaited: (() => void)[] = [];

  /** Tells everybody something new of a topic; what is the same as before is not told again. */
  tell(topic: string, value: unknown): void {
    const text = JSON.stringify(value);
    if (this.#newest.get(topic) === text) return;
    this.#newest.set(topic, text);
    for (const listener of this.#listeners) listener(topic, text);
  }

  /** Listens: to the newest of every topic at once, then to what comes. Returns how to stop. */
  listen(listener: (topic: string, text: string) => void): () => void {
    for (const [topic, text] of this.#newest) listener(topic, text);
    this.#listeners.add(listener);
    for (const resolve of this.#awaited.splice(0)) resolve();
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves as soon as somebody listens: while nobody does, nothing need be looked at.
   *
   * @throws the signal's reason
   */
  async somebody(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#listeners.size > 0) return;
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      this.#awaited.push(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
    });
  }
}
