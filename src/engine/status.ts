import type { Verdict } from "./event.ts";
import { type Judged, type Observation, observe } from "./observe.ts";
import type { Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Says of each task whether it is there, whether it is ready and what has drifted. Changes nothing. */
export function status<Aws>(run: Run<Aws>, tasks: readonly AnyTask[]): Promise<Map<AnyTask, Outcome<Judged>>> {
  return observe(run, tasks, readiness);
}

/** What is not ready is called so, whatever else is to be said of it: it differs, or somebody else made it. */
function readiness({ kind }: AnyTask, { actual, verdict }: Observation): Verdict {
  if (actual === undefined) return { is: "absent" };
  if (verdict.is === "elsewhere") return verdict;
  const why = kind.broken?.(actual) ?? kind.pending?.(actual);
  return why === undefined ? verdict : { is: "not-ready", why, changes: "changes" in verdict ? verdict.changes : [] };
}
