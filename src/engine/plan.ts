import type { Verdict } from "./event.ts";
import { type Judged, type Observation, observe } from "./observe.ts";
import { absence, blocked, brokenness, type Refusal } from "./refusals.ts";
import type { Run } from "./run.ts";
import type { Selection } from "./selection.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Says what create would do to each task of the selection, and changes nothing. */
export function plan<Aws>(run: Run<Aws>, selection: Selection): Promise<Map<AnyTask, Outcome<Observation>>> {
  return observe(run, selection.tasks, (task, found) => planned(selection, task, found));
}

/** What `plan` says, by what another look at the same tasks has found. */
export function planOf(
  selection: Selection,
  seen: ReadonlyMap<AnyTask, Outcome<Judged>>,
): Map<AnyTask, Outcome<Observation>> {
  return new Map(
    [...seen].map(([task, outcome]): [AnyTask, Outcome<Observation>] => {
      if (outcome.is !== "done") return [task, outcome];
      const found = { ...outcome.result, verdict: outcome.result.unjudged };
      return [task, { ...outcome, result: { ...found, verdict: planned(selection, task, found) } }];
    }),
  );
}

function planned({ findOnly }: Selection, task: AnyTask, found: Observation): Verdict {
  const stage = findOnly.get(task);
  const refusal = refusalOf(task, found, stage !== undefined);
  if (refusal) return blocked(refusal);
  if (stage !== undefined && found.actual === undefined)
    return { is: "blocked", by: [], why: `not there: stage ${stage} is not up` };
  // Tasks of other stages are looked for and never changed.
  const { verdict } = found;
  return findOnly.has(task) && verdict.is === "update" ? { is: "unchanged" } : verdict;
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
