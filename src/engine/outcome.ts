import { criticalPath } from "./critical-path.ts";
import { type ErrorReader, explainError, RunStopped } from "./errors.ts";
import type { Change, Report, TaskOutcome, Verdict } from "./event.ts";
import type { AnyTask, Stack } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** Exit codes of the process, as the README lists them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  planHasChanges: 3,
  credentials: 4,
  locked: 5,
  /** A version was put on a service, or tried before that, and it is not what serves. */
  notServing: 6,
  interrupted: 130,
} as const;

/** What the visitors' results have in common. */
export interface Told {
  readonly verdict: Verdict;
  readonly actual?: unknown;
  readonly left?: readonly Change[];
}

/** The outcomes of a walk as the report lists them. */
export function taskOutcomes(
  stack: Stack,
  outcomes: ReadonlyMap<AnyTask, Outcome<Told>>,
  errors: ErrorReader,
  interrupted: boolean,
): TaskOutcome[] {
  return [...outcomes].map(([task, outcome]) => {
    const stage = stack.stages.find(({ tasks }) => tasks.includes(task))?.name ?? "";
    const base = { id: task.id, kind: task.kind.type, stage, title: task.title };
    if (outcome.is === "skipped") return { ...base, verdict: "skipped", ms: 0, because: outcome.because };
    const ms = Math.round(outcome.ended - outcome.started);
    if (outcome.is === "failed") {
      if (interrupted) return { ...base, verdict: "skipped", ms, because: "interrupted" };
      // What ends the run as a whole is told of the run, and not of each task that was just about to begin.
      if (outcome.error instanceof RunStopped)
        return { ...base, verdict: "skipped", ms, because: outcome.error.message };
      const error = { what: `${task.title} failed`, ...explainError(errors, outcome.error) };
      return { ...base, verdict: "failed", ms, error };
    }
    const { verdict, actual, left = [] } = outcome.result;
    const detail = actual === undefined ? undefined : task.kind.describe?.(actual);
    const changes = "changes" in verdict && verdict.changes.length > 0 ? { changes: verdict.changes } : {};
    const because = "why" in verdict ? { because: verdict.why } : {};
    const words = "words" in verdict && verdict.words.length > 0 ? { words: verdict.words } : {};
    const region = "region" in verdict ? { region: verdict.region } : {};
    return {
      ...base,
      verdict: verdict.is,
      ms,
      ...changes,
      ...(left.length > 0 && { left }),
      ...because,
      ...words,
      ...region,
      ...(detail === undefined ? {} : { detail }),
    };
  });
}

/** What the process should end with, from how the tasks ended. */
export function exitCodeOf(
  outcomes: ReadonlyMap<AnyTask, Outcome<unknown>>,
  errors: ErrorReader,
  interrupted: boolean,
): number {
  const failures = [...outcomes.values()].flatMap((outcome) => (outcome.is === "failed" ? [outcome.error] : []));
  const stopped = failures.find((error) => error instanceof RunStopped);
  if (stopped) return stopped.exitCode;
  if (interrupted) return EXIT.interrupted;
  if (failures.some((error) => errors.classify(error) === "credentials")) return EXIT.credentials;
  return failures.length > 0 ? EXIT.failed : EXIT.done;
}

/** The longest chain of a walk, as the report carries it; nothing where nothing was walked. */
export function criticalPathOf(
  outcomes: ReadonlyMap<AnyTask, Outcome<unknown>>,
  direction: "forward" | "reverse",
): Pick<Report, "criticalPath"> {
  const { tasks, ms } = criticalPath(outcomes, direction);
  return tasks.length === 0 ? {} : { criticalPath: { tasks: tasks.map(({ id }) => id), ms: Math.round(ms) } };
}

/** The outputs of the stages whose tasks were found, without those that have no value at the moment. */
export function outputsOf(stack: Stack, outcomes: ReadonlyMap<AnyTask, Outcome<Told>>): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [name, ref] of stack.stages.flatMap((stage) => Object.entries(stage.outputs))) {
    const outcome = outcomes.get(ref.task);
    const actual = outcome?.is === "done" ? outcome.result.actual : undefined;
    const value = actual === undefined ? undefined : ref.read(actual);
    if (value) outputs[name] = value;
  }
  return outputs;
}
