import type { RunStarted, TaskInfo } from "./event.ts";
import { type AnyTask, edgesOf, type Stack } from "./task.ts";

/** What a picture of a stack is drawn from. */
export type Graph = Pick<RunStarted, "stack" | "stages" | "tasks">;

/** Tasks of a stack as they are told, in the order given. */
export function graphOf(stack: Stack, tasks: readonly AnyTask[]): Graph {
  const stageOf = (task: AnyTask) => stack.stages.find((stage) => stage.tasks.includes(task))?.name ?? "";
  return {
    stack: stack.name,
    stages: stack.stages.map(({ name, title }) => ({ name, title })),
    tasks: tasks.map((task) => ({
      id: task.id,
      title: task.title,
      kind: task.kind.type,
      stage: stageOf(task),
      after: edgesOf(task).map((edge) => edge.task.id),
    })),
  };
}

/** Tasks that only mention what nothing else between says already: a picture of all edges is a knot. */
export function reduced(tasks: readonly TaskInfo[]): TaskInfo[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const known = new Map<string, ReadonlySet<string>>();
  const before = (id: string): ReadonlySet<string> => {
    const found = known.get(id);
    if (found) return found;
    const after = byId.get(id)?.after ?? [];
    const all = new Set(after.flatMap((one) => [one, ...before(one)]));
    known.set(id, all);
    return all;
  };
  return tasks.map((task) => {
    const drawn = task.after.filter((id) => byId.has(id));
    return { ...task, after: drawn.filter((id) => !drawn.some((other) => before(other).has(id))) };
  });
}
