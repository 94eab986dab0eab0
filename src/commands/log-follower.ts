import type { LogLine } from "../aws/service-logs.ts";

/** Milliseconds by which lines may come later than others that were printed after them. */
const LATE = 30_000;

/**
 * Which lines to tell, of all that are read again and again: each once, and those of the tasks that are asked for. What one task
 * prints may be there later than what another printed after it, so each look goes back a little.
 */
export class LogFollower {
  readonly #stopped: (tasks: string[]) => Promise<ReadonlySet<string>>;
  readonly #previous: boolean;
  /** Times of the lines that were told, by their ids, as far back as is looked again. */
  readonly #told = new Map<string, number>();
  /** Whether a task's lines are wanted. */
  readonly #tasks = new Map<string, boolean>();
  #from: number;
  #newest = 0;
  #looks = 0;

  /**
   * @param from milliseconds since the epoch of the first line
   * @param previous true: of tasks that have stopped; false: of those that run, and of those that come
   * @param stopped tells which of some tasks have stopped
   */
  constructor(from: number, previous: boolean, stopped: (tasks: string[]) => Promise<ReadonlySet<string>>) {
    this.#from = from;
    this.#previous = previous;
    this.#stopped = stopped;
  }

  /** Where to begin the next look. */
  begin(): number {
    if (this.#looks++ > 0) this.#from = Math.max(this.#from, this.#newest - LATE);
    for (const [id, time] of this.#told) if (time < this.#from) this.#told.delete(id);
    return this.#from;
  }

  /** Those that are to be told now. */
  async fresh(lines: readonly LogLine[]): Promise<LogLine[]> {
    await this.#judge([...new Set(lines.map(({ task }) => task))].filter((task) => !this.#tasks.has(task)));
    return lines.filter(({ id, time, task }) => {
      if (this.#told.has(id)) return false;
      this.#told.set(id, time);
      this.#newest = Math.max(this.#newest, time);
      return this.#tasks.get(task) === true;
    });
  }

  /** A task whose first line comes later has started meanwhile: whatever became of it by now is worth telling. */
  async #judge(tasks: string[]): Promise<void> {
    if (tasks.length === 0) return;
    const stopped = this.#looks > 1 ? new Set<string>() : await this.#stopped(tasks);
    for (const task of tasks) this.#tasks.set(task, stopped.has(task) === this.#previous);
  }
}
