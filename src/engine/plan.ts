import type { Verdict } from "./event.ts";
import { type Observation, observe } from "./observe.ts";
import type { Run } from "./run.ts";
import type { Selection } from "./selection.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Says what create would do to each task of the selection, and changes nothing. */
export function plan<Aws>(run: Run<Aws>, { tasks, findOnly }: Selection): Promise<Map<AnyTask, Outcome<Observation>>> {
  return observe(run, tasks, (task, { verdict }) => (findOnly.has(task) ? withoutChanges(task, verdict) : verdict));
}

/** Tasks of other stages are looked for and never changed. */
function withoutChanges(task: AnyTask, verdict: Verdict): Verdict {
  if (verdict.is !== "create") return verdict.is === "update" ? { is: "unchanged" } : verdict;
  return { is: "blocked", by: [], why: `${task.title} is not there: create its stage first` };
}
