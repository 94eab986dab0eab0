import { type Ensured, type EnsureOptions, ensure } from "./ensure.ts";
import { Given } from "./given.ts";
import { resolve } from "./ref.ts";
import type { Run } from "./run.ts";
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
 * Makes every task true, in the order of their edges. Nothing is changed before all that this run cannot make has been
 * found. After a failure nothing new is started and what runs may end.
 */
export async function create<Aws>(run: Run<Aws>, options: CreateOptions): Promise<Map<AnyTask, Outcome<Ensured>>> {
  const { tasks, findOnly, adopt } = options;
  const actuals = new Map<AnyTask, unknown>();
  const given = new Given(tasks, findOnly);
  const guarded: Run<Aws> = { ...run, lease: leaseOnceGiven(run, given) };
  const visit = async (task: AnyTask, step: Step): Promise<Ensured> => {
    let ensured: Ensured | undefined;
    try {
      ensured = await createOne(guarded, task, step, { findOnly: findOnly.has(task), adopt }, actuals);
      return ensured;
    } finally {
      given.tell(task, ensured !== undefined);
    }
  };
  return visitAll(run, tasks, "forward", true, visit, (task) => given.tell(task, false));
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

/** A lease that is only taken once everything is there that this run cannot make. */
function leaseOnceGiven(run: Run<unknown>, given: Given): Run<unknown>["lease"] {
  return {
    get held() {
      return run.lease.held;
    },
    async take() {
      const missing = await given.missing();
      if (missing) throw new Skip(`${missing.title} is missing`);
      await run.lease.take();
    },
  };
}
