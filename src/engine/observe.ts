import { type Differences, differencesOf } from "./differences.ts";
import type { Change, Verdict } from "./event.ts";
import { LookAhead } from "./look-ahead.ts";
import { absence, blocked, unfitness } from "./refusals.ts";
import { NotYetKnown, resolve } from "./resolve.ts";
import { elsewhere, isOurs, missingMarks, type Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import { visitAll } from "./visit.ts";
import type { Outcome, Step } from "./walk.ts";

/** What a look at one task found, without changing anything. */
export interface Observation {
  /** What was found; undefined: nothing. */
  readonly actual: unknown;
  /** What is wanted, as far as it is known; its unknown parts throw `NotYetKnown`. */
  readonly desired: unknown;
  /** What create would do, or what the one who asks makes of that. */
  readonly verdict: Verdict;
  /** What differs and is left as it is; absent: nothing is there. */
  readonly left?: readonly Change[];
  /** Why it is not ready yet; undefined: it is, or it is not there. */
  readonly pending?: string;
}

/** What a look found, with what was made of it. */
export interface Judged extends Observation {
  /** What create would do, whatever was made of it. */
  readonly unjudged: Verdict;
}

/**
 * Looks at every task, tells what it found and changes nothing: a plan, a status, and the first half of a destroy.
 * Failures hold up only what depends on them.
 *
 * @param judge what the one who asks makes of what was found
 * @param needed tasks whose values those may need; they are looked at only for that. Default: none but the tasks themselves
 */
export async function observe<Aws>(
  run: Run<Aws>,
  tasks: readonly AnyTask[],
  judge: (task: AnyTask, found: Observation) => Verdict = (_, found) => found.verdict,
  needed: readonly AnyTask[] = tasks,
): Promise<Map<AnyTask, Outcome<Judged>>> {
  const looks = new LookAhead(run, needed, tasks);
  const foreseen = new Map<AnyTask, unknown>();
  const visit = async (task: AnyTask, step: Step): Promise<Judged> => {
    const started = run.clock.now();
    run.emit({ type: "started", task: task.id });
    const found = await observeOne(run, task, looks, foreseen);
    step.exists();
    const verdict = judge(task, found);
    if (verdict.is === "update" && task.kind.foreseen)
      foreseen.set(task, task.kind.foreseen(found.actual, verdict.changes));
    const ms = run.clock.now() - started;
    const detail = detailOf(task, found);
    run.emit({ type: "done", task: task.id, verdict, ms, ...(detail === "" ? {} : { detail }) });
    return { ...found, verdict, unjudged: found.verdict };
  };
  return visitAll(run, tasks, "forward", false, visit);
}

function detailOf({ kind }: AnyTask, { actual, pending }: Observation): string {
  if (actual === undefined) return "";
  return [kind.describe?.(actual), kind.broken?.(actual) ?? pending].filter((part) => part !== undefined).join(", ");
}

/** @param foreseen what tasks that will be updated will be then: the values that others get of them are not the present ones */
async function observeOne<Aws>(
  run: Run<Aws>,
  task: AnyTask,
  looks: LookAhead<Aws>,
  foreseen: ReadonlyMap<AnyTask, unknown>,
): Promise<Observation> {
  const { actual } = await looks.of(task);
  // What it mentions has been looked at before, so nothing that can be known is missing here.
  const desired = resolve(task.desired, (earlier) => looks.actualOf(earlier));
  if (actual === undefined) return { actual, desired, verdict: absenceVerdict(task, desired) };
  const { kind } = task;
  const other = elsewhere(run, task, actual);
  if (other) return { actual, desired, verdict: { is: "elsewhere", region: other.region } };
  if (kind.redo && kind.broken?.(actual) !== undefined) return { actual, desired, verdict: { is: "create" } };
  const wanted = resolve(task.desired, (earlier) => foreseen.get(earlier) ?? looks.actualOf(earlier));
  const differences = await knownOr(AFTER_OTHERS, async () => differencesOf(task, wanted, actual));
  const changes = [...missingMarks(run, task, actual), ...differences.changes];
  const { left } = differences;
  const pending = task.kind.pending?.(actual);
  const ours = isOurs(run, task, actual);
  const verdict: Verdict = !ours
    ? foreignVerdict(task, changes)
    : changes.length > 0
      ? { is: "update", changes }
      : { is: "unchanged" };
  return { actual, desired, verdict, left, ...(pending === undefined ? {} : { pending }) };
}

function foreignVerdict(task: AnyTask, changes: readonly Change[]): Verdict {
  const unfit = unfitness(task, changes);
  return unfit ? blocked(unfit) : { is: "foreign", changes };
}

/** Stands for changes that cannot be told before another task has been made. */
const AFTER_OTHERS: Differences = {
  changes: [{ field: "values of other tasks", to: "known once they exist" }],
  left: [],
};

function absenceVerdict(task: AnyTask, desired: unknown): Verdict {
  const refusal = absence(task, desired);
  return refusal ? blocked(refusal) : { is: "create" };
}

/** What `ask` answers, or `otherwise` when it needs a value that only comes with another task. */
export async function knownOr<T>(otherwise: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NotYetKnown) return otherwise;
    throw error;
  }
}
