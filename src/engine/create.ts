import { type Ensured, type EnsureOptions, ensure } from "./ensure.ts";
import { resolve } from "./ref.ts";
import type { Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import { visitAll } from "./visit.ts";
import type { Outcome, Step } from "./walk.ts";

/** What to create and how. */
export interface CreateOptions {
  /** All tasks of the walk, those of earlier stages among them. */
  readonly tasks: readonly AnyTask[];
  /** Tasks that are only looked for, because their stage was not asked for. */
  readonly findOnly: ReadonlySet<AnyTask>;
  readonly adopt: boolean;
}

/**
 * Makes every task true, in the order of their edges. After a failure nothing new is started and what runs may end.
 */
export async function create<Aws>(run: Run<Aws>, options: CreateOptions): Promise<Map<AnyTask, Outcome<Ensured>>> {
  const actuals = new Map<AnyTask, unknown>();
  const visit = async (task: AnyTask, step: Step): Promise<Ensured> => {
    const started = run.clock.now();
    run.emit({ type: "started", task: task.id });
    const desired = resolve(task.desired, (earlier) => actuals.get(earlier));
    const ways: EnsureOptions = { findOnly: options.findOnly.has(task), adopt: options.adopt };
    const seen = (actual: unknown) => {
      actuals.set(task, actual);
      step.exists();
    };
    const ensured = await ensure(run, task, desired, step, ways, seen);
    const detail = task.kind.describe?.(ensured.actual);
    const ms = run.clock.now() - started;
    run.emit({
      type: "done",
      task: task.id,
      verdict: ensured.verdict,
      ms,
      ...(detail === undefined ? {} : { detail }),
    });
    return ensured;
  };
  return visitAll(run, options.tasks, "forward", true, visit);
}
