import type { Clock } from "./clock.ts";
import { type Ensured, type EnsureOptions, ensure } from "./ensure.ts";
import { FirstLook } from "./first-look.ts";
import { resolve } from "./ref.ts";
import type { Lease, Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import { visitAll } from "./visit.ts";
import { type Outcome, Skip, type Step } from "./walk.ts";

/** What to create and how. */
export interface CreateOptions {
  /** All tasks of the walk, those of earlier stages among them. */
  readonly tasks: readonly AnyTask[];
  /** Tasks that are only looked for, because their stage was not asked for. */
  readonly findOnly: ReadonlySet<AnyTask>;
  readonly adopt: boolean;
}

/**
 * Makes every task true, in the order of their edges. Nothing is changed before all that can be looked at has been looked
 * at and found good. After a failure nothing new is started and what runs may end.
 */
export async function create<Aws>(run: Run<Aws>, options: CreateOptions): Promise<Map<AnyTask, Outcome<Ensured>>> {
  const { tasks, findOnly, adopt } = options;
  const actuals = new Map<AnyTask, unknown>();
  const firstLook = new FirstLook(tasks);
  const visit = async (task: AnyTask, step: Step): Promise<Ensured> => {
    try {
      const guarded = afterFirstLook(run, task, firstLook);
      const ensured = await createOne(guarded, task, step, { findOnly: findOnly.has(task), adopt }, actuals);
      firstLook.passed(task);
      return ensured;
    } catch (error) {
      firstLook.failed(`${task.title} failed`);
      throw error;
    }
  };
  return visitAll(run, tasks, "forward", true, visit, (task) => firstLook.failed(`${task.title} was skipped`));
}

async function createOne<Aws>(
  run: Run<Aws>,
  task: AnyTask,
  step: Step,
  ways: EnsureOptions,
  actuals: Map<AnyTask, unknown>,
): Promise<Ensured> {
  const started = run.clock.now();
  run.emit({ type: "started", task: task.id });
  const desired = resolve(task.desired, (earlier) => actuals.get(earlier));
  const seen = (actual: unknown) => {
    actuals.set(task, actual);
    step.exists();
  };
  const ensured = await ensure(run, task, desired, step, ways, seen);
  const detail = task.kind.describe?.(ensured.actual);
  const ms = run.clock.now() - started;
  run.emit({ type: "done", task: task.id, verdict: ensured.verdict, ms, ...(detail === undefined ? {} : { detail }) });
  return ensured;
}

/** The run as one task has it: its lease is only taken once everything has been looked at. */
function afterFirstLook<Aws>(run: Run<Aws>, task: AnyTask, firstLook: FirstLook): Run<Aws> {
  const lease: Lease = {
    get held() {
      return run.lease.held;
    },
    async take() {
      firstLook.held(task);
      const trouble = await firstLook.trouble();
      if (trouble) throw new Skip(trouble);
      await run.lease.take();
    },
  };
  const clock: Clock = {
    now: () => run.clock.now(),
    sleep(ms, signal) {
      firstLook.held(task);
      return run.clock.sleep(ms, signal);
    },
  };
  return { ...run, lease, clock };
}
