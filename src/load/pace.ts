/** Milliseconds between two looks at the clock: timers know no less. */
const TICK_MS = 1;

/** What is done so many times a second, evenly spaced. */
export interface Pace {
  /** Times a second. */
  readonly rate: number;
  /** How many times in all. */
  readonly count: number;
}

/**
 * Begins something at a steady pace, whether or not what it began before is done: somebody who waits for answers asks less
 * the slower they come, and so never sees how slow it is for those who do not. What this process could not begin in time is
 * begun late, and not left out.
 *
 * @param begin gets the moment, on the clock of `performance.now()`, from which whoever is waiting waits: a process that was held
 *   up is not told from a slow answer, so its delay counts
 * @param signal ends it before its time
 */
export function keepPace({ rate, count }: Pace, begin: (since: number) => void, signal?: AbortSignal): Promise<void> {
  const start = performance.now();
  const dueAt = (index: number) => start + (index * 1000) / rate;
  return new Promise((resolve) => {
    let begun = 0;
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const step = () => {
      for (; begun < count && !signal?.aborted; begun++) {
        const [now, due] = [performance.now(), dueAt(begun)];
        if (due > now) {
          timer = setTimeout(step, due - now);
          return;
        }
        begin(now - due > 2 * TICK_MS ? due : now);
      }
      end();
    };
    signal?.addEventListener("abort", end);
    step();
  });
}
