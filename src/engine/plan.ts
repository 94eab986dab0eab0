import type { Verdict } from "./event.ts";
import { type Observation, observe } from "./observe.ts";
import type { Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** What to plan. */
export interface PlanOptions {
  readonly tasks: readonly AnyTask[];
  /** Tasks of stages that were not asked for: looked for, never counted as a change. */
  readonly findOnly: ReadonlySet<AnyTask>;
}

/** Says what create would do to each task, and changes nothing. */
export async function plan<Aws>(run: Run<Aws>, options: PlanOptions): Promise<Map<AnyTask, Outcome<Observation>>> {
  const outcomes = await observe(run, options.tasks);
  for (const [task, outcome] of outcomes) {
    if (outcome.is !== "done") continue;
    const { actual, verdict } = outcome.result;
    const detail = actual === undefined ? undefined : task.kind.describe?.(actual);
    const told = options.findOnly.has(task) ? withoutChanges(task, verdict) : verdict;
    const ms = outcome.ended - outcome.started;
    run.emit({ type: "done", task: task.id, verdict: told, ms, ...(detail === undefined ? {} : { detail }) });
  }
  return outcomes;
}

function withoutChanges(task: AnyTask, verdict: Verdict): Verdict {
  if (verdict.is === "create")
    return { is: "blocked", by: [], why: `${task.title} is not there: create its stage first` };
  return verdict.is === "update" ? { is: "unchanged" } : verdict;
}
