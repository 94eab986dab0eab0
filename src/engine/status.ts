import { type Observation, observe } from "./observe.ts";
import type { Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Says of each task whether it is there, whether it is ready and what has drifted. Changes nothing. */
export function status<Aws>(run: Run<Aws>, tasks: readonly AnyTask[]): Promise<Map<AnyTask, Outcome<Observation>>> {
  // What was tried and failed is not there either.
  return observe(run, tasks, (_, { actual, verdict }) =>
    actual === undefined || verdict.is === "create" ? { is: "absent" } : verdict,
  );
}
