import type { Verdict } from "./event.ts";
import { type Observation, observe } from "./observe.ts";
import type { Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Says of each task whether it is there, whether it is ready and what has drifted. Changes nothing. */
export async function status<Aws>(
  run: Run<Aws>,
  tasks: readonly AnyTask[],
): Promise<Map<AnyTask, Outcome<Observation>>> {
  const outcomes = await observe(run, tasks);
  for (const [task, outcome] of outcomes) {
    if (outcome.is !== "done") continue;
    const detail = detailOf(task, outcome.result);
    const ms = outcome.ended - outcome.started;
    run.emit({
      type: "done",
      task: task.id,
      verdict: asFound(outcome.result),
      ms,
      ...(detail === "" ? {} : { detail }),
    });
  }
  return outcomes;
}

function asFound({ actual, verdict }: Observation): Verdict {
  return actual === undefined ? { is: "absent" } : verdict;
}

function detailOf(task: AnyTask, { actual, pending }: Observation): string {
  if (actual === undefined) return "";
  const broken = task.kind.broken?.(actual);
  return [task.kind.describe?.(actual), broken ?? pending].filter((part) => part !== undefined).join(", ");
}
