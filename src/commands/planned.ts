import type { Observation } from "../engine/observe.ts";
import { observeAll, replacementsIn, withReplacements } from "../engine/replace.ts";
import type { Run } from "../engine/run.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import type { Session } from "./session.ts";

type Planned = ReadonlyMap<AnyTask, Outcome<Observation>>;

/**
 * A plan with what would have to be made anew. To tell what that takes, the stages that were not asked for count too.
 *
 * @param allowed ids of the tasks that may be made anew
 */
export async function withMadeAnew(
  { stack, selection }: Session,
  run: Run<unknown>,
  planned: Planned,
  allowed: ReadonlySet<string> = new Set(),
): Promise<Planned> {
  const found = replacementsIn(run, stack, planned, allowed);
  if (found.length === 0) return planned;
  const isWhole = selection.stages.length === stack.stages.length;
  const whole = isWhole ? planned : await observeAll({ ...run, emit: () => {} }, stack);
  const shown = replacementsIn(run, stack, whole, allowed).filter(({ task }) => found.some((one) => one.task === task));
  return withReplacements(planned, shown, allowed);
}

/** Whether something of the thing itself cannot be changed in place; what only goes with another thing has no changes. */
export function isRefused(outcome: Outcome<Observation>): boolean {
  if (outcome.is !== "done") return false;
  const { verdict } = outcome.result;
  return verdict.is === "replace" && verdict.changes.length > 0;
}

/** Stages that were not asked for, and of which something is not there that a create would need. */
export function missingStages({ findOnly }: Session["selection"], planned: Planned): string[] {
  const isMissing = (task: AnyTask) => {
    const outcome = planned.get(task);
    return outcome?.is === "done" && outcome.result.actual === undefined && task.kind.create !== undefined;
  };
  return [...new Set([...findOnly].flatMap(([task, stage]) => (isMissing(task) ? [stage] : [])))];
}
