import { Explained, explainError } from "./errors.ts";
import type { Verdict } from "./event.ts";
import { knownOr, type Observation, observe } from "./observe.ts";
import { Patience } from "./patience.ts";
import { elsewhere, isOurs, look, noteOf, type Run } from "./run.ts";
import { type Selection, withNeeds } from "./selection.ts";
import type { AnyTask, Blocker, Stack } from "./task.ts";
import { visitAll } from "./visit.ts";
import type { Outcome, Step } from "./walk.ts";

/** What a destroy found before it touched anything. */
export interface Doomed {
  /** Tasks whose things are there, are ours and will be deleted. */
  readonly removing: readonly AnyTask[];
  /** Tasks whose things are there but are not ours: left alone. */
  readonly foreign: readonly AnyTask[];
  /** Tasks of stages that were not asked for, which are up and need something that would be deleted. */
  readonly inTheWay: readonly AnyTask[];
  /** Every task of the chosen stages that leaves something to delete, there or not. */
  readonly tasks: readonly AnyTask[];
  /** What each look found; tasks that could not be looked at have failed in here. */
  readonly observed: ReadonlyMap<AnyTask, Outcome<Observation>>;
  /** Whether the lock was ours then: what was found is still there, and need not be looked for before it is deleted. */
  readonly isLocked: boolean;
  /** Whether it is made anew afterwards, so that each thing has to be seen to be gone. */
  readonly isMadeAnew: boolean;
}

/**
 * Looks for everything that a destroy of the selection would delete, and for what of other stages needs it. Changes
 * nothing. Meant for a run that emits nothing.
 */
export async function findDoomed<Aws>(run: Run<Aws>, stack: Stack, selection: Selection): Promise<Doomed> {
  const removable = stack.stages.flatMap((stage) => stage.tasks).filter((task) => task.kind.remove);
  const isLocked = run.lease.held;
  const observed = await observe(run, removable, undefined, withNeeds(stack, removable));
  const chosen = new Set(selection.stages.flatMap((stage) => stage.tasks));
  const tasks = removable.filter((task) => chosen.has(task));
  const there = removable.filter((task) => actualOf(observed, task) !== undefined);
  const ours = there.filter((task) => isOurs(run, task, actualOf(observed, task)));
  return {
    removing: ours.filter((task) => chosen.has(task)),
    foreign: there.filter((task) => chosen.has(task) && !ours.includes(task)),
    inTheWay: ours.filter((task) => !chosen.has(task) && withNeeds(stack, [task]).some((need) => chosen.has(need))),
    tasks,
    observed,
    isLocked,
    isMadeAnew: false,
  };
}

/** Deletes what `findDoomed` found, each thing after all that need it. A failure holds up only what it stands in the way of. */
export async function destroy<Aws>(
  run: Run<Aws>,
  doomed: Doomed,
): Promise<Map<AnyTask, Outcome<{ verdict: Verdict }>>> {
  const visit = async (task: AnyTask, step: Step): Promise<{ verdict: Verdict }> => {
    const started = run.clock.now();
    const verdict = await verdictOn(run, task, doomed, step);
    run.emit({ type: "done", task: task.id, verdict, ms: run.clock.now() - started });
    return { verdict };
  };
  return visitAll(run, doomed.tasks, "reverse", false, visit);
}

async function verdictOn<Aws>(run: Run<Aws>, task: AnyTask, doomed: Doomed, step: Step): Promise<Verdict> {
  const desired = desiredOf(doomed.observed, task);
  if (doomed.removing.includes(task)) return removeOne(run, task, desired, step, doomed);
  return doomed.foreign.includes(task) ? notOurs(run, task, actualOf(doomed.observed, task)) : { is: "absent" };
}

function notOurs(run: Run<unknown>, task: AnyTask, actual: unknown): Verdict {
  const other = elsewhere(run, task, actual);
  return other ? { is: "elsewhere", region: other.region } : { is: "foreign", changes: [] };
}

/**
 * Removes until nothing is found any more. Acts only on what was seen since the lock is ours, so it can start from any half-removed
 * state: what this run's own changes have moved since, AWS refuses, and it is looked at again.
 */
async function removeOne<Aws>(
  run: Run<Aws>,
  task: AnyTask,
  desired: unknown,
  step: Step,
  doomed: Doomed,
): Promise<Verdict> {
  const patience = new Patience(run, task, step.slack);
  let removed = false;
  let verdict: Verdict = { is: "absent" };
  run.emit({ type: "started", task: task.id });
  // What was found before the lock was ours may be changed by its last holder.
  let sight = doomed.isLocked ? actualOf(doomed.observed, task) : undefined;
  await run.lease.take();
  for (;;) {
    // What is found by a mark of its own is gone when the mark is, whatever it was called.
    const actual = sight ?? (await knownOr(undefined, () => step.call(() => look(run, task, desired))));
    sight = undefined;
    if (actual === undefined) return verdict;
    if (!isOurs(run, task, actual)) return notOurs(run, task, actual);
    const refusal = removed ? task.kind.stays?.(actual) : undefined;
    if (refusal !== undefined) {
      await untilFree(run.aws(task), task, step, patience, actual, refusal);
      removed = false;
    } else if (removed || task.kind.leaving?.(actual)) {
      verdict = { is: "remove" };
      await patience.untilGone(task.kind.pending?.(actual) ?? LETTING_GO);
      removed = true;
    } else {
      const end = await attempt(run, task, step, patience, actual);
      if (end !== "busy") verdict = { is: "remove" };
      removed = end === "accepted";
      if (removed && task.kind.goneAtOnce && !doomed.isMadeAnew) return verdict;
    }
  }
}

const LETTING_GO = "waiting for AWS to let go of it";

/**
 * Answers how AWS took a removal. `busy` and `gone` have been waited for: look again. `gone` may be a part of the thing only,
 * e.g. a role's policy, when the answer to the call that deleted it was lost and the SDK made it again.
 */
async function attempt<Aws>(
  run: Run<Aws>,
  task: AnyTask,
  step: Step,
  patience: Patience,
  actual: unknown,
): Promise<"accepted" | "busy" | "gone"> {
  const aws = run.aws(task);
  try {
    await step.call(async () => task.kind.remove?.(aws, actual, noteOf(run, task)));
    patience.restart();
    return "accepted";
  } catch (error) {
    const sort = run.errors.classify(error);
    if (sort === "gone") {
      await patience.untilGone(LETTING_GO);
      return "gone";
    }
    if (sort !== "busy" && sort !== "propagation") throw error;
    const refusal = `${task.title} is still in use: ${explainError(run.errors, error).why}`;
    await untilFree(aws, task, step, patience, actual, refusal);
    return "busy";
  }
}

/** Waits for those who hold a thing: long for what goes away by itself, not for long where a person has to do something. */
async function untilFree<Aws>(
  aws: Aws,
  task: AnyTask,
  step: Step,
  patience: Patience,
  actual: unknown,
  refusal: string,
): Promise<void> {
  const blocker = await step.call(() => blockerOf(aws, task, actual));
  const reason = blocker ? `${refusal}: ${blocker.by}` : refusal;
  await (blocker?.next ? patience.untilFreed(reason, blocker.next) : patience.untilGone(reason));
}

/** Who may not look still may delete: then nothing is said about what holds the thing. */
async function blockerOf<Aws>(aws: Aws, { kind }: AnyTask, actual: unknown): Promise<Blocker | undefined> {
  try {
    return await kind.blockedBy?.(aws, actual);
  } catch {
    return undefined;
  }
}

/** What other people have put into things that will be deleted, by the task of the thing. */
export function addedByOthers({ removing, observed }: Doomed): Map<AnyTask, readonly string[]> {
  const added = removing.map((task) => [task, task.kind.addedByOthers?.(actualOf(observed, task)) ?? []] as const);
  return new Map(added.filter(([, words]) => words.length > 0));
}

function actualOf(observed: Doomed["observed"], task: AnyTask): unknown {
  const outcome = observed.get(task);
  return outcome?.is === "done" ? outcome.result.actual : undefined;
}

/** Throws where the look failed: what could not be seen must not be taken for absent, nor what it needs be deleted. */
function desiredOf(observed: Doomed["observed"], task: AnyTask): unknown {
  const outcome = observed.get(task);
  if (outcome?.is === "failed") throw outcome.error;
  if (outcome?.is !== "done")
    throw new Explained("it could not be looked for", "Repair what failed before it, then run this again.");
  return outcome.result.desired;
}
