import { RunStopped } from "./errors.ts";
import { outlooksOf } from "./outlook.ts";
import { Slots } from "./slots.ts";
import { type AnyTask, type Edge, edgesOf, type Seconds } from "./task.ts";

/** What a visitor holds while it works on one task. */
export interface Step {
  /** Lets the tasks that only need this one to exist go on. Idempotent. */
  exists(): void;
  /** How much later than usual the task may end without the run ending later. */
  readonly slack: Seconds;
  /** Makes an AWS call when there is a slot for it. */
  call<T>(call: () => Promise<T>): Promise<T>;
}

/** Thrown by a visitor that finds, once it has started, that the task is not to be tried after all. The message says why. */
export class Skip extends Error {}

/** How a task ended. Times are milliseconds on the run's clock. */
export type Outcome<Result> = Ended<Result> | { readonly is: "skipped"; readonly because: string };

/** How a task that was tried ended. */
export type Ended<Result> = (
  | { readonly is: "done"; readonly result: Result }
  | { readonly is: "failed"; readonly error: unknown }
) &
  Times;

/** When a task did what. `existed` equals `ended` where nothing could use it earlier. */
export interface Times {
  readonly started: number;
  readonly existed: number;
  readonly ended: number;
  /** How much of that (ms) it only waited for a slot. */
  readonly queued: number;
}

/** How to go through a graph. */
export interface WalkOptions<Result> {
  readonly tasks: readonly AnyTask[];
  /** `forward`: a task after all that it mentions. `reverse`: a task after all that mention it (to take things down). */
  readonly direction: "forward" | "reverse";
  /** AWS calls under way at once. */
  readonly concurrency: number;
  /** True: after a failure nothing new is started (create). False: only what depends on it is skipped. */
  readonly stopOnFailure: boolean;
  /** Once aborted, nothing new is started. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly visit: (task: AnyTask, step: Step) => Promise<Result>;
  /** Told about each task that is not tried. */
  readonly onSkip?: (task: AnyTask, because: string) => void;
}

/**
 * Visits every task once, as parallel as the edges allow, longest path first. Edges to tasks outside of `tasks` are
 * taken as satisfied. Never rejects: what went wrong stands in the outcomes.
 */
export async function walk<Result>(options: WalkOptions<Result>): Promise<Map<AnyTask, Outcome<Result>>> {
  const edges = edgesBetween(options.tasks, options.direction);
  const outlooks = outlooksOf(options.tasks, edges, options.direction);
  const slots = new Slots(options.concurrency);
  const nodes = new Map<AnyTask, Node<Result>>();
  let failed = false;

  const reasonToStop = () => {
    if (options.signal.aborted) return "interrupted";
    return failed && options.stopOnFailure ? "an earlier task failed" : undefined;
  };

  const start = (task: AnyTask): Node<Result> => {
    const known = nodes.get(task);
    if (known) return known;
    const node: Node<Result> = { existed: undefined, existence: signalled(), outcome: undefined as never };
    nodes.set(task, node);
    node.outcome = run(task, node).finally(node.existence.give);
    return node;
  };

  const run = async (task: AnyTask, node: Node<Result>): Promise<Outcome<Result>> => {
    const because = (await heldBackBy(edges.get(task) ?? [], start)) ?? reasonToStop();
    if (because !== undefined) {
      options.onSkip?.(task, because);
      return { is: "skipped", because };
    }
    const started = options.now();
    let queued = 0;
    const { weight = 0, slack = 0 } = outlooks.get(task) ?? {};
    const step: Step = {
      slack,
      exists: () => {
        node.existed ??= options.now();
        node.existence.give();
      },
      call: (call) => {
        const asked = options.now();
        return slots.run(weight, () => {
          queued += options.now() - asked;
          return call();
        });
      },
    };
    const times = () => ({ started, existed: node.existed ?? options.now(), ended: options.now(), queued });
    try {
      const result = await options.visit(task, step);
      return { is: "done", result, ...times() };
    } catch (error) {
      if (error instanceof Skip) return { is: "skipped", because: error.message };
      failed = true;
      return { is: "failed", error, ...times() };
    }
  };

  // The longest path is started first, so that it is also first in the queue for slots.
  const weightOf = (task: AnyTask) => outlooks.get(task)?.weight ?? 0;
  const byWeight = [...options.tasks].sort((a, b) => weightOf(b) - weightOf(a));
  for (const task of byWeight) start(task);
  const outcomes = new Map<AnyTask, Outcome<Result>>();
  for (const task of options.tasks) outcomes.set(task, await start(task).outcome);
  return outcomes;
}

interface Node<Result> {
  existed: number | undefined;
  readonly existence: { readonly given: Promise<void>; readonly give: () => void };
  outcome: Promise<Outcome<Result>>;
}

function signalled(): { given: Promise<void>; give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** Why a task is not tried whose forerunner ended the whole run: the why is told of the run. */
const STOPPED = "the run was stopped";

/** Waits for every edge; answers why the task cannot be tried, or undefined when it can. */
async function heldBackBy<Result>(
  edges: readonly Edge[],
  start: (task: AnyTask) => Node<Result>,
): Promise<string | undefined> {
  const reasons = await Promise.all(
    edges.map(async ({ task, readiness }) => {
      const node = start(task);
      if (readiness === "exists") {
        await node.existence.given;
        if (node.existed !== undefined) return undefined;
      }
      const outcome = await node.outcome;
      if (outcome.is === "failed") return outcome.error instanceof RunStopped ? STOPPED : `${task.title} failed`;
      return outcome.is === "skipped" ? outcome.because : undefined;
    }),
  );
  return reasons.find((reason) => reason !== undefined);
}

/** The edges of each task that lie inside `tasks`, in the direction asked for. */
export function edgesBetween(tasks: readonly AnyTask[], direction: "forward" | "reverse"): Map<AnyTask, Edge[]> {
  const inside = new Map<AnyTask, Edge[]>(tasks.map((task) => [task, []]));
  for (const task of tasks) {
    for (const edge of edgesOf(task)) {
      if (!inside.has(edge.task)) continue;
      if (direction === "forward") inside.get(task)?.push(edge);
      else inside.get(edge.task)?.push({ task, readiness: "ready" });
    }
  }
  return inside;
}
