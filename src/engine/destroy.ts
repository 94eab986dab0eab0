import { Explained, explainError, RunStopped } from "./errors.ts";
import type { Verdict } from "./event.ts";
import { type Observation, observe } from "./observe.ts";
import { Patience } from "./patience.ts";
import { isOurs, noteOf, type Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import { visitAll } from "./visit.ts";
import type { Outcome, Step } from "./walk.ts";

/** What a destroy found before it touched anything. */
export interface Doomed {
  /** Tasks whose things are there, are ours and will be deleted. */
  readonly removing: readonly AnyTask[];
  /** Tasks whose things are there but are not ours: left alone. */
  readonly foreign: readonly AnyTask[];
  /** What each look found; tasks that could not be looked at have failed in here. */
  readonly observed: ReadonlyMap<AnyTask, Outcome<Observation>>;
}

/** Looks for everything that a destroy of `tasks` would delete. Changes nothing. */
export async function findDoomed<Aws>(run: Run<Aws>, tasks: readonly AnyTask[]): Promise<Doomed> {
  const observed = await observe(run, tasks);
  const there = tasks.filter((task) => task.kind.remove && actualOf(observed, task) !== undefined);
  return {
    removing: there.filter((task) => isOurs(run, task, actualOf(observed, task))),
    foreign: there.filter((task) => !isOurs(run, task, actualOf(observed, task))),
    observed,
  };
}

/** Deletes what `findDoomed` found, each thing after all that need it. A failure holds up only what it stands in the way of. */
export async function destroy<Aws>(run: Run<Aws>, doomed: Doomed): Promise<Map<AnyTask, Outcome<Verdict>>> {
  const tasks = [...doomed.observed.keys()];
  const removing = new Set(doomed.removing);
  const foreign = new Set(doomed.foreign);
  const visit = async (task: AnyTask, step: Step): Promise<Verdict> => {
    const started = run.clock.now();
    const desired = desiredOf(doomed.observed, task);
    const verdict: Verdict = removing.has(task)
      ? await removeOne(run, task, desired, step)
      : foreign.has(task)
        ? { is: "foreign", changes: [] }
        : { is: "absent" };
    run.emit({ type: "done", task: task.id, verdict, ms: run.clock.now() - started });
    return verdict;
  };
  return visitAll(run, tasks, "reverse", false, visit);
}

/** Removes until nothing is found any more. Acts only on what it has just seen, so it can start from any half-removed state. */
async function removeOne<Aws>(run: Run<Aws>, task: AnyTask, desired: unknown, step: Step): Promise<Verdict> {
  const patience = new Patience(run, task);
  const aws = run.aws(task);
  let removed = false;
  run.emit({ type: "started", task: task.id });
  for (;;) {
    const locked = run.lease.held;
    const actual = await step.call(() => task.kind.find(aws, desired));
    if (actual === undefined) return { is: removed ? "remove" : "absent" };
    if (!isOurs(run, task, actual)) return { is: "foreign", changes: [] };
    if (removed || task.kind.leaving?.(actual)) {
      await patience.untilGone(task.kind.pending?.(actual) ?? "waiting for AWS to let go of it");
      removed = true;
    } else if (!locked) await run.lease.take();
    else
      removed = await attempt(run, task, patience, () =>
        step.call(async () => task.kind.remove?.(aws, actual, noteOf(run, task))),
      );
  }
}

/** Answers whether the removal was accepted; false: AWS is busy, look again. */
async function attempt(
  run: Run<unknown>,
  task: AnyTask,
  patience: Patience,
  call: () => Promise<void>,
): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof RunStopped) throw error;
    const sort = run.errors.classify(error);
    if (sort === "gone") return true;
    if (sort !== "busy" && sort !== "propagation") throw error;
    await patience.untilGone(`${task.title} is still in use: ${explainError(run.errors, error).why}`);
    return false;
  }
}

function actualOf(observed: Doomed["observed"], task: AnyTask): unknown {
  const outcome = observed.get(task);
  return outcome?.is === "done" ? outcome.result.actual : undefined;
}

/** Throws where the look failed: what could not be seen must not be taken for absent, nor what it needs be deleted. */
function desiredOf(observed: Doomed["observed"], task: AnyTask): unknown {
  const outcome = observed.get(task);
  if (outcome?.is === "failed") throw outcome.error;
  if (outcome?.is !== "done")
    throw new Explained("it could not be looked for", "Repair what failed before it, then run this again.");
  return outcome.result.desired;
}
