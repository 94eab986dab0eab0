import type { AnyTask } from "./task.ts";
import { edgesBetween, type Outcome, type Times } from "./walk.ts";

/** The chain of tasks that took longest and how long, in milliseconds of the run's clock. */
export interface CriticalPath {
  readonly tasks: readonly AnyTask[];
  readonly ms: number;
}

interface Finish {
  readonly existed: number;
  readonly ended: number;
  readonly chain: readonly AnyTask[];
}

/**
 * The shortest time that the run could have taken with no limit on parallel calls: each task's own time, summed along
 * the longest chain of edges. What the wall clock shows beyond it is the tool's doing.
 */
export function criticalPath(
  outcomes: ReadonlyMap<AnyTask, Outcome<unknown>>,
  direction: "forward" | "reverse" = "forward",
): CriticalPath {
  const edges = edgesBetween([...outcomes.keys()], direction);
  const finishes = new Map<AnyTask, Finish>();
  const finish = (task: AnyTask): Finish => {
    const known = finishes.get(task);
    if (known) return known;
    const earlier = (edges.get(task) ?? []).map((edge) => {
      const { existed, ended, chain } = finish(edge.task);
      return { at: edge.readiness === "exists" ? existed : ended, chain };
    });
    const last = earlier.reduce((a, b) => (b.at > a.at ? b : a), { at: 0, chain: [] as readonly AnyTask[] });
    const own = ownTimes(outcomes.get(task));
    const result = { existed: last.at + own.existed, ended: last.at + own.ended, chain: [...last.chain, task] };
    finishes.set(task, result);
    return result;
  };
  const longest = [...outcomes.keys()].map(finish).reduce((a, b) => (b.ended > a.ended ? b : a), {
    existed: 0,
    ended: 0,
    chain: [],
  });
  return { tasks: longest.chain, ms: longest.ended };
}

function ownTimes(outcome: Outcome<unknown> | undefined): { existed: number; ended: number } {
  if (!outcome || outcome.is === "skipped") return { existed: 0, ended: 0 };
  const { started, existed, ended, queued }: Times = outcome;
  return { existed: Math.max(0, existed - started - queued), ended: ended - started - queued };
}
