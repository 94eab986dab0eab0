import type { AnyTask, Edge, Seconds } from "./task.ts";

/** What the usual durations of all tasks say of one. */
export interface Outlook {
  /** Seconds that usually pass from its start to the end of everything that waits for it. */
  readonly weight: Seconds;
  /** How much later than usual it may end without the whole run ending later. */
  readonly slack: Seconds;
}

/** How long a value that is read early is waited for: a thing exists soon. */
const EXISTS: Seconds = 1;

/**
 * The outlook of each task, by the time that things usually take to be made, or to be gone. It decides who goes first and how closely
 * a wait is watched, and nothing else: what takes much longer than usual costs a run some seconds.
 *
 * @param edges what each task waits for, in the direction of the walk
 */
export function outlooksOf(
  tasks: readonly AnyTask[],
  edges: ReadonlyMap<AnyTask, readonly Edge[]>,
  direction: "forward" | "reverse",
): Map<AnyTask, Outlook> {
  const own = ({ kind: { limits = {} } }: AnyTask) =>
    (direction === "forward" ? limits.usually : limits.usuallyGone) ?? EXISTS;
  const until = ({ task, readiness }: Edge) => (readiness === "exists" ? Math.min(EXISTS, own(task)) : own(task));
  const followers = new Map<AnyTask, { readonly task: AnyTask; readonly after: Seconds }[]>();
  for (const [task, waitsFor] of edges) {
    for (const edge of waitsFor)
      followers.set(edge.task, [...(followers.get(edge.task) ?? []), { task, after: until(edge) }]);
  }
  const weightOf: Ask = remembered((task) =>
    Math.max(own(task), ...(followers.get(task) ?? []).map((follower) => follower.after + weightOf(follower.task))),
  );
  const startOf: Ask = remembered((task) =>
    Math.max(0, ...(edges.get(task) ?? []).map((edge) => startOf(edge.task) + until(edge))),
  );
  const whole = Math.max(0, ...tasks.map((task) => startOf(task) + weightOf(task)));
  return new Map(
    tasks.map((task) => [task, { weight: weightOf(task), slack: whole - startOf(task) - weightOf(task) }]),
  );
}

type Ask = (task: AnyTask) => Seconds;

/** `ask`, once for each. */
function remembered(ask: Ask): Ask {
  const known = new Map<AnyTask, Seconds>();
  return (task) => {
    const answer = known.get(task) ?? ask(task);
    known.set(task, answer);
    return answer;
  };
}
