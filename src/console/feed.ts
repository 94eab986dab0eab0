/** What the page is told, by topic. The newest of each topic is all that one who comes later needs. */
export class Feed {
  readonly #newest = new Map<string, string>();
  readonly #listeners = new Set<Listener>();
  readonly #awaited = new Map<string, (() => void)[]>();

  /** Tells everybody who wants to know something new of a topic; what is the same as before is not told again. */
  tell(topic: string, value: unknown): void {
    const text = JSON.stringify(value);
    if (this.#newest.get(topic) === text) return;
    this.#newest.set(topic, text);
    for (const { wants, hear } of this.#listeners) if (wants(topic)) hear(topic, text);
  }

  /**
   * Listens: to the newest of the topics at once, then to what comes. Returns how to stop.
   *
   * @param topics absent: all
   */
  listen(hear: (topic: string, text: string) => void, topics?: readonly string[]): () => void {
    const listener: Listener = { wants: (topic) => topics?.includes(topic) ?? true, hear };
    for (const [topic, text] of this.#newest) if (listener.wants(topic)) hear(topic, text);
    this.#listeners.add(listener);
    for (const topic of [...this.#awaited.keys()].filter(listener.wants)) {
      const resolves = this.#awaited.get(topic) ?? [];
      this.#awaited.delete(topic);
      for (const resolve of resolves) resolve();
    }
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves as soon as somebody listens to a topic: while nobody does, nothing need be looked at.
   *
   * @throws the signal's reason
   */
  async somebody(topic: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if ([...this.#listeners].some(({ wants }) => wants(topic))) return;
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      const come = () => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      this.#awaited.set(topic, [...(this.#awaited.get(topic) ?? []), come]);
    });
  }
}

interface Listener {
  readonly wants: (topic: string) => boolean;
  readonly hear: (topic: string, text: string) => void;
}
