import type { Health } from "../container.ts";
import type { Healthcheck } from "../image.ts";

type Run = (argv: readonly string[], onOutput: (chunk: string) => void, signal: AbortSignal) => Promise<number>;

/** Defaults of https://docs.docker.com/reference/dockerfile/#healthcheck in milliseconds. */
const DEFAULTS = { interval: 30_000, timeout: 30_000, startInterval: 5_000, retries: 3 };
const KEPT_CHECKS = 5;
const KEPT_OUTPUT = 4_096;

/** The command of a check; undefined: there is none. */
export function commandOf(check: Healthcheck | undefined): readonly string[] | undefined {
  const [kind, ...rest] = check?.Test ?? [];
  if (kind === "CMD" && rest.length > 0) return rest;
  return kind === "CMD-SHELL" && rest[0] !== undefined ? ["/bin/sh", "-c", rest[0]] : undefined;
}

/** Checks a running container again and again, until it is stopped. */
export class HealthMonitor {
  readonly #check: Healthcheck;
  readonly #run: Run;
  readonly #tell: (health: Health) => void;
  readonly #stopped = new AbortController();
  readonly #startedAt = Date.now();
  #health: Health = { status: "starting", failingStreak: 0, log: [] };

  constructor(check: Healthcheck, run: Run, tell: (health: Health) => void) {
    this.#check = check;
    this.#run = run;
    this.#tell = tell;
    tell(this.#health);
    void this.#go();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #go(): Promise<void> {
    const argv = commandOf(this.#check) ?? [];
    while (await this.#wait()) {
      const start = new Date().toISOString();
      const { exitCode, output } = await this.#runOnce(argv);
      if (this.#stopped.signal.aborted) return;
      this.#note(exitCode, { start, end: new Date().toISOString(), exitCode, output });
    }
  }

  /** Until the next check is due. @returns false if it was stopped */
  #wait(): Promise<boolean> {
    const { Interval, StartInterval } = this.#check;
    const starting = this.#health.status === "starting" && this.#inStartPeriod();
    const delay = starting
      ? milliseconds(StartInterval, DEFAULTS.startInterval)
      : milliseconds(Interval, DEFAULTS.interval);
    const { signal } = this.#stopped;
    return new Promise((done) => {
      if (signal.aborted) return done(false);
      const stop = () => {
        clearTimeout(timer);
        done(false);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop);
        done(true);
      }, delay);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  async #runOnce(argv: readonly string[]): Promise<{ exitCode: number; output: string }> {
    const timeout = milliseconds(this.#check.Timeout, DEFAULTS.timeout);
    const timedOut = AbortSignal.timeout(timeout);
    let output = "";
    const collect = (chunk: string) => {
      output = (output + chunk).slice(0, KEPT_OUTPUT);
    };
    try {
      const exitCode = await this.#run(argv, collect, AbortSignal.any([timedOut, this.#stopped.signal]));
      if (!timedOut.aborted) return { exitCode, output };
      return { exitCode: -1, output: `Health check exceeded timeout (${timeout / 1000}s)` };
    } catch (error) {
      return { exitCode: -1, output: (error as Error).message };
    }
  }

  #note(exitCode: number, entry: Health["log"][number]): void {
    const before = this.#health;
    const log = [...before.log, entry].slice(-KEPT_CHECKS);
    const limit = this.#check.Retries || DEFAULTS.retries;
    const counts = !(before.status === "starting" && this.#inStartPeriod());
    const failingStreak = exitCode === 0 ? 0 : before.failingStreak + (counts ? 1 : 0);
    const status = exitCode === 0 ? "healthy" : failingStreak >= limit ? "unhealthy" : before.status;
    this.#health = { status, failingStreak, log };
    this.#tell(this.#health);
  }

  #inStartPeriod(): boolean {
    return Date.now() - this.#startedAt < milliseconds(this.#check.StartPeriod, 0);
  }
}

/** Of docker's nanoseconds; 0 and absent are the default. */
function milliseconds(nanoseconds: number | undefined, otherwise: number): number {
  return nanoseconds ? nanoseconds / 1e6 : otherwise;
}
