import { explainError, RunStopped } from "./errors.ts";
import type { Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import { type Outcome, Skip, type Step, walk } from "./walk.ts";

/** A walk whose failures and skips are told as events. */
export async function visitAll<Aws, Result>(
  run: Run<Aws>,
  tasks: readonly AnyTask[],
  direction: "forward" | "reverse",
  stopOnFailure: boolean,
  visit: (task: AnyTask, step: Step) => Promise<Result>,
  skipped: (task: AnyTask) => void = () => {},
): Promise<Map<AnyTask, Outcome<Result>>> {
  const told = async (task: AnyTask, step: Step): Promise<Result> => {
    const started = run.clock.now();
    try {
      return await visit(task, step);
    } catch (error) {
      tellFailure(run, task, error, run.clock.now() - started);
      throw error;
    }
  };
  const onSkip = (task: AnyTask, because: string) => {
    skipped(task);
    run.emit({ type: "skipped", task: task.id, because });
  };
  const { concurrency, signal, clock } = run;
  return walk({ tasks, direction, concurrency, stopOnFailure, signal, now: clock.now, visit: told, onSkip });
}

function tellFailure(run: Run<unknown>, task: AnyTask, error: unknown, ms: number): void {
  if (run.signal.aborted) run.emit({ type: "skipped", task: task.id, because: "interrupted" });
  else if (error instanceof RunStopped || error instanceof Skip)
    run.emit({ type: "skipped", task: task.id, because: error.message });
  else
    run.emit({
      type: "failed",
      task: task.id,
      error: { what: `${task.title} failed`, ...explainError(run.errors, error) },
      ms,
    });
}
