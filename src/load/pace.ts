/** Milliseconds between two looks at the clock: timers know no less. */
const TICK_MS = 1;

/** Milliseconds of lateness that are caught up; a computer that slept meanwhile does not begin all at once what it missed. */
const CAUGHT_UP_MS = 1000;

/** What is done so many times a second, evenly spaced. */
export interface Pace {
  /** Times a second. */
  readonly rate: number;
  /** How many times in all. Default: until it is told to end. */
  readonly count?: number;
}

/**
 * Begins something at a steady pace, whether or not what it began before is done: somebody who waits for answers asks less
 * the slower they come, and so never sees how slow it is for those who do not. What this process could not begin in time is
 * begun late, and not left out. It ends when one more would be due.
 *
 * @param begin gets the moment, on the clock of `performance.now()`, from which whoever is waiting waits: a process that was held
 *   up is not told from a slow answer, so its delay counts
 * @param signal ends it before its time
 */
export function keepPace(
  { rate, count = Number.POSITIVE_INFINITY }: Pace,
  begin: (since: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  let start = performance.now();
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
      for (; !signal?.aborted; begun++) {
        const [now, due] = [performance.now(), dueAt(begun)];
        if (due > now) {
          timer = setTimeout(step, due - now);
          return;
        }
        if (begun === count) break;
        if (now - due > CAUGHT_UP_MS) start += now - due;
        begin(now - due > 2 * TICK_MS ? due : now);
      }
      end();
    };
    signal?.addEventListener("abort", end);
    step();
  });
}
