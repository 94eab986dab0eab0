import type { EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { TaskContainers } from "./ecs-task-containers.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What a container used since it was looked at last. */
export interface Used {
  /** Processors, e.g. 0.25; undefined: it was not looked at before. */
  readonly processors: number | undefined;
  /** Bytes that it has now. */
  readonly memory: number;
}

/** A running task, and what its containers used, by name. */
export interface TaskUse {
  readonly region: Region;
  readonly task: EcsTask;
  readonly containers: ReadonlyMap<string, Used>;
}

/** Looks at the real processes of all running tasks whenever it is called. */
export function taskUsage(world: World, containers: TaskContainers): () => Promise<TaskUse[]> {
  const watch = new Stopwatch();
  /** Processor seconds of containers when they were looked at last, by task and name. */
  let former = new Map<string, number>();

  return async () => {
    const seconds = watch.lap() / 1000;
    const present = new Map<string, number>();
    const uses: TaskUse[] = [];
    for (const region of world.regions()) {
      for (const task of region.ecs.tasks.filter(({ lastStatus }) => lastStatus === "RUNNING")) {
        const used = new Map<string, Used>();
        for (const [name, { cpu, memory }] of await containers.usage(region, task)) {
          const key = `${task.taskArn} ${name}`;
          const before = former.get(key);
          present.set(key, cpu);
          // One that was started anew has less than before.
          const processors = before !== undefined && cpu >= before ? (cpu - before) / seconds : undefined;
          used.set(name, { processors, memory });
        }
        uses.push({ region, task, containers: used });
      }
    }
    former = present;
    return uses;
  };
}

/** Of all containers of a task; processors are undefined while one of them was not looked at before. */
export function usedByAll({ containers }: TaskUse): Used {
  return [...containers.values()].reduce<Used>(
    (sum, { processors, memory }) => ({
      processors: sum.processors === undefined || processors === undefined ? undefined : sum.processors + processors,
      memory: sum.memory + memory,
    }),
    { processors: containers.size === 0 ? undefined : 0, memory: 0 },
  );
}
