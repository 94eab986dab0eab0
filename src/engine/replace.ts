import type { Doomed } from "./destroy.ts";
import type { Change, Verdict } from "./event.ts";
import { type Observation, observe } from "./observe.ts";
import { isOurs, type Run } from "./run.ts";
import { withNeeds } from "./selection.ts";
import { type AnyTask, refsIn, type Stack } from "./task.ts";
import type { Outcome } from "./walk.ts";

/** A thing that AWS cannot change as wanted, and what making it anew takes. */
export interface Replacement {
  readonly task: AnyTask;
  /** All that differs; at least one change cannot be made in place. */
  readonly changes: readonly Change[];
  /** Tasks whose things have to go before it, in the order of the stack; they are made anew after it. */
  readonly takes: readonly AnyTask[];
}

type Observed = ReadonlyMap<AnyTask, Outcome<Observation>>;

/**
 * What of the stack would have to be made anew, by what was seen of all of it.
 *
 * @param allowed ids of the tasks that may be: these are made anew for what holds for a new thing only, too
 */
export function replacementsIn(
  run: Run<unknown>,
  stack: Stack,
  observed: Observed,
  allowed: ReadonlySet<string> = new Set(),
): Replacement[] {
  const all = stack.stages.flatMap(({ tasks }) => tasks);
  return all.flatMap((task) => {
    const changes = immutableChanges(observed, task, allowed.has(task.id));
    if (changes.length === 0) return [];
    return [{ task, changes, takes: takenWith(run, all, observed, task) }];
  });
}

/** What `create` needs to know before it replaces something: everything there is of the stack. Changes nothing. */
export function observeAll<Aws>(run: Run<Aws>, stack: Stack): Promise<Map<AnyTask, Outcome<Observation>>> {
  return observe(
    run,
    withNeeds(
      stack,
      stack.stages.flatMap(({ tasks }) => tasks),
    ),
  );
}

/** The replacements as a destroy takes them: only these things, each after all that need it. */
export function asDoomed(replacements: readonly Replacement[], observed: Observed): Doomed {
  const going = new Set(replacements.flatMap(({ task, takes }) => [task, ...takes]));
  const removing = [...observed.keys()].filter((task) => going.has(task));
  return { removing, foreign: [], inTheWay: [], tasks: removing, observed, isLocked: false, isMadeAnew: true };
}

/**
 * The outcomes with the verdict `replace` where something would have to be made anew.
 *
 * @param allowed ids of the tasks that may be
 */
export function withReplacements(
  outcomes: Observed,
  replacements: readonly Replacement[],
  allowed: ReadonlySet<string>,
): Map<AnyTask, Outcome<Observation>> {
  const verdicts = new Map<AnyTask, Verdict>();
  for (const { task, takes } of replacements.filter(({ task }) => allowed.has(task.id))) {
    for (const taken of takes)
      verdicts.set(taken, { is: "replace", changes: [], words: [`goes with ${task.title}${lossOf(taken)}`] });
  }
  for (const { task, changes, takes } of replacements) {
    const words = takes.map((taken) => `takes with it ${taken.title}${lossOf(taken)}`);
    const loss = task.kind.holds === undefined ? [] : [`${task.kind.holds} is lost`];
    const refusal = allowed.has(task.id) ? [] : [`create refuses this without --replace ${task.id}`];
    verdicts.set(task, { is: "replace", changes, words: [...loss, ...words, ...refusal] });
  }
  return new Map(
    [...outcomes].map(([task, outcome]) => {
      const verdict = verdicts.get(task);
      return [
        task,
        verdict && outcome.is === "done" ? { ...outcome, result: { ...outcome.result, verdict } } : outcome,
      ];
    }),
  );
}

/** Says of what was deleted before and made anew now that it was replaced. */
export function markReplaced(
  outcomes: Map<AnyTask, Outcome<{ readonly verdict: Verdict; readonly actual: unknown }>>,
  replacements: readonly Replacement[],
): void {
  for (const { task, changes, takes } of replacements) {
    for (const one of [task, ...takes]) {
      const outcome = outcomes.get(one);
      if (outcome?.is !== "done" || outcome.result.verdict.is !== "create") continue;
      const verdict: Verdict = { is: "replace", changes: one === task ? changes : [], words: [] };
      outcomes.set(one, { ...outcome, result: { ...outcome.result, verdict } });
    }
  }
}

function lossOf({ kind }: AnyTask): string {
  return kind.holds === undefined ? "" : `, and ${kind.holds}`;
}

function immutableChanges(observed: Observed, task: AnyTask, isAllowed: boolean): readonly Change[] {
  const outcome = observed.get(task);
  if (outcome?.is !== "done") return [];
  const { verdict, left = [] } = outcome.result;
  if (verdict.is !== "update" && verdict.is !== "unchanged") return [];
  const onlyForNew = isAllowed ? left.filter(({ needsReplacement }) => needsReplacement) : [];
  const changes = [...(verdict.is === "update" ? verdict.changes : []), ...onlyForNew];
  return changes.some(({ needsReplacement }) => needsReplacement) ? changes : [];
}

/** Everything of ours that mentions the task, mentions what mentions it, and so on, as far as AWS wants it gone first. */
function takenWith(run: Run<unknown>, all: readonly AnyTask[], observed: Observed, task: AnyTask): AnyTask[] {
  const going = new Set<AnyTask>([task]);
  for (const gone of going) {
    for (const other of all) {
      const mentions = refsIn(other.desired).some((ref) => ref.task === gone);
      if (mentions && !other.kind.outlives?.includes(gone.kind.type)) going.add(other);
    }
  }
  going.delete(task);
  return all.filter((other) => going.has(other) && other.kind.remove && isThereAndOurs(run, observed, other));
}

function isThereAndOurs(run: Run<unknown>, observed: Observed, task: AnyTask): boolean {
  const outcome = observed.get(task);
  const actual = outcome?.is === "done" ? outcome.result.actual : undefined;
  return actual !== undefined && isOurs(run, task, actual);
}
