import type { Verdict } from "./event.ts";
import { type Observation, observe } from "./observe.ts";
import { absence, blocked, brokenness, type Refusal } from "./refusals.ts";
import type { Run } from "./run.ts";
import type { Selection } from "./selection.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Says what create would do to each task of the selection, and changes nothing. */
export function plan<Aws>(run: Run<Aws>, { tasks, findOnly }: Selection): Promise<Map<AnyTask, Outcome<Observation>>> {
  return observe(run, tasks, (task, found) => {
    const stage = findOnly.get(task);
    const refusal = refusalOf(task, found, stage !== undefined);
    if (refusal) return blocked(refusal);
    if (stage !== undefined && found.actual === undefined)
      return { is: "blocked", by: [], why: `not there: stage ${stage} is not up` };
    // Tasks of other stages are looked for and never changed.
    const { verdict } = found;
    return findOnly.has(task) && verdict.is === "update" ? { is: "unchanged" } : verdict;
  });
}

/** What create would refuse, by what was found. What has to be made anew is told by the replacements. */
function refusalOf(task: AnyTask, { actual, desired, verdict }: Observation, findOnly: boolean): Refusal | undefined {
  if (actual === undefined) return absence(task, desired);
  const isDoneAgain = verdict.is === "create" && !findOnly;
  const mayHeal = verdict.is === "update" && task.kind.heals && !findOnly;
  return isDoneAgain || mayHeal || needsReplacement(verdict) ? undefined : brokenness(task, actual);
}

function needsReplacement(verdict: Verdict): boolean {
  return verdict.is === "update" && verdict.changes.some((change) => change.needsReplacement);
}
