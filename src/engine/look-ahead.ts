import { NotYetKnown, resolve } from "./resolve.ts";
import { look, type Run } from "./run.ts";
import { Slots } from "./slots.ts";
import { type AnyTask, isUsable } from "./task.ts";

/** What a look at one task came to. */
export interface Sight {
  /** What was found; undefined: nothing. */
  readonly actual: unknown;
  /** False: it could not be looked for, because that needs a value of another task which is not there. */
  readonly known: boolean;
}

/**
 * One look at all tasks of a run, all at once, whatever the edges between them say: most kinds are found by names that the
 * variables hold. A `find` that reads a value of a task which has not been looked at yet is made again when it has been; no
 * other waits. So a look takes as many calls in a row as the longest chain of values, not as many as the longest chain of tasks.
 */
export class LookAhead<Aws> {
  readonly #run: Run<Aws>;
  readonly #slots: Slots;
  readonly #tasks: ReadonlySet<AnyTask>;
  readonly #sights = new Map<AnyTask, Promise<Sight>>();
  readonly #actuals = new Map<AnyTask, unknown>();
  /** Tasks whose looks are over. */
  readonly #seen = new Set<AnyTask>();

  /** @param wanted those that are looked at in any case; the others only if a value of theirs is read. Default: all */
  constructor(run: Run<Aws>, tasks: readonly AnyTask[], wanted = tasks) {
    this.#run = run;
    this.#slots = new Slots(run.concurrency);
    this.#tasks = new Set(tasks);
    // Who wants to know of a failure asks for that task; the others shall not be ended by it.
    for (const task of wanted) this.of(task).catch(() => {});
  }

  /** What was seen of a task; rejects with what AWS said if it could not be looked at. */
  of(task: AnyTask): Promise<Sight> {
    const known = this.#sights.get(task);
    if (known) return known;
    const sight = this.#look(task).finally(() => this.#seen.add(task));
    this.#sights.set(task, sight);
    return sight;
  }

  /** What was found of a task so far, for those who need a value of it; undefined: nothing, or it does not know its values yet. */
  actualOf(task: AnyTask): unknown {
    return this.#actuals.get(task);
  }

  /** Resolves once every task has been looked at: with those that could not be, and why. */
  async failures(): Promise<{ readonly task: AnyTask; readonly error: unknown }[]> {
    const tasks = [...this.#tasks];
    const ends = await Promise.allSettled(tasks.map((task) => this.of(task)));
    return ends.flatMap((end, index) => {
      const task = tasks[index];
      return end.status === "rejected" && task ? [{ task, error: end.reason }] : [];
    });
  }

  async #look(task: AnyTask): Promise<Sight> {
    for (;;) {
      const missed = new Set<AnyTask>();
      try {
        const actual = await this.#find(task, missed);
        // A find may do without a value; with it, it may say more.
        if (missed.size === 0) {
          if (actual !== undefined && isUsable(task, actual)) this.#actuals.set(task, actual);
          return { actual, known: true };
        }
      } catch (error) {
        if (!(error instanceof NotYetKnown)) throw error;
        if (missed.size === 0) return { actual: undefined, known: false };
      }
      await Promise.allSettled([...missed].map((earlier) => this.of(earlier)));
    }
  }

  /** @param missed is given the tasks of which a value was read before they had been looked at */
  #find(task: AnyTask, missed: Set<AnyTask>): Promise<unknown> {
    return this.#slots.run(0, async () => {
      this.#run.signal.throwIfAborted();
      let isReading = false;
      const desired = resolve(task.desired, (earlier) => {
        if (isReading && this.#tasks.has(earlier) && !this.#seen.has(earlier)) missed.add(earlier);
        return this.#actuals.get(earlier);
      });
      isReading = true;
      return look(this.#run, task, desired);
    });
  }
}
