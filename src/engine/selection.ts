import { Explained } from "./errors.ts";
import { type AnyTask, edgesOf, type Stack, type Stage } from "./task.ts";

/** The part of a stack that a run works on. */
export interface Selection {
  readonly stages: readonly Stage[];
  /** The tasks of these stages and those of other stages that they need, in the order in which a person reads them. */
  readonly tasks: readonly AnyTask[];
  /** Tasks of stages that were not asked for, with the names of these: only looked for. */
  readonly findOnly: ReadonlyMap<AnyTask, string>;
}

/**
 * The stages of these names, or all of them.
 *
 * @throws {Explained} there is no stage of that name
 */
export function select(stack: Stack, names: readonly string[] | "all"): Selection {
  const stages = names === "all" ? stack.stages : names.map((name) => stageOf(stack, name));
  const wanted = new Set(stages.flatMap((stage) => stage.tasks));
  const tasks = withNeeds(stack, [...wanted]);
  return { stages, tasks, findOnly: onlyFound(stack, tasks, wanted) };
}

/** The stack with the parts that its variables do without, which is what a destroy looks at. */
export function withLeftOut(stack: Stack): Stack {
  const stages = stack.stages.map((stage) => ({ ...stage, tasks: [...stage.tasks, ...(stage.leftOut ?? [])] }));
  return { ...stack, stages };
}

/** Those of `tasks` that are only looked for, because they are none of the `wanted`. */
export function onlyFound(
  stack: Stack,
  tasks: readonly AnyTask[],
  wanted: ReadonlySet<AnyTask>,
): Selection["findOnly"] {
  const stageOf = (task: AnyTask) => stack.stages.find((stage) => stage.tasks.includes(task))?.name ?? "";
  return new Map(tasks.filter((task) => !wanted.has(task)).map((task) => [task, stageOf(task)]));
}

/** `tasks` and everything that they need, in the order of the stack. */
export function withNeeds(stack: Stack, tasks: readonly AnyTask[]): AnyTask[] {
  const needed = new Set<AnyTask>();
  for (const task of tasks) addNeeds(task, needed);
  return stack.stages.flatMap((stage) => stage.tasks).filter((task) => needed.has(task));
}

function stageOf(stack: Stack, name: string): Stage {
  const stage = stack.stages.find((one) => one.name === name);
  if (stage) return stage;
  const known = stack.stages.map((one) => one.name).join(", ");
  throw new Explained(`stack ${stack.name} has no stage ${name}`, `Its stages are: ${known}.`);
}

function addNeeds(task: AnyTask, into: Set<AnyTask>): void {
  if (into.has(task)) return;
  into.add(task);
  for (const edge of edgesOf(task)) addNeeds(edge.task, into);
}
