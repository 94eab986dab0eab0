import { type Measured, measure } from "../world/cloudwatch/metrics.ts";
import { tasksOf } from "../world/ecs/deployments.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsService, EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { TaskContainers } from "./ecs-task-containers.ts";
import type { Measure } from "./monitoring.ts";
import { Stopwatch } from "./stopwatch.ts";

const MIB = 2 ** 20;
/** CPU units of a processor. */
const UNITS = 1024;

/** What ECS tells of services: how much of what their tasks reserve these really use. ("Amazon ECS CloudWatch metrics", CPUUtilization, MemoryUtilization) */
export function taskMetrics(world: World, containers: TaskContainers): Measure {
  const watch = new Stopwatch(world.clock);
  /** Processor seconds of tasks when they were looked at last, by ARN. */
  let former = new Map<string, number>();

  return async (end) => {
    const seconds = watch.lap() / 1000;
    const at = new Date(end.getTime() - 1);
    const present = new Map<string, number>();
    for (const region of world.regions()) {
      for (const service of region.ecs.services.all()) {
        for (const task of tasksOf(region, service)) {
          if (task.lastStatus !== "RUNNING") continue;
          const { cpu, memory } = await usedBy(region, task);
          present.set(task.taskArn, cpu);
          const before = former.get(task.taskArn);
          const hadBefore = before !== undefined && cpu >= before;
          if (hadBefore)
            tell(region, service, "CPUUtilization", (cpu - before) / seconds / (Number(task.cpu) / UNITS), at);
          if (memory > 0) tell(region, service, "MemoryUtilization", memory / (Number(task.memory) * MIB), at);
        }
      }
    }
    former = present;
  };

  /** Of all containers of a task. */
  async function usedBy(region: Region, task: EcsTask): Promise<{ cpu: number; memory: number }> {
    const used = [...(await containers.usage(region, task)).values()];
    return {
      cpu: used.reduce((sum, { cpu }) => sum + cpu, 0),
      memory: used.reduce((sum, { memory }) => sum + memory, 0),
    };
  }
}

/** @param part of what is reserved; of nothing there is none */
function tell(
  region: Region,
  { clusterArn, serviceName }: EcsService,
  MetricName: string,
  part: number,
  at: Date,
): void {
  if (!Number.isFinite(part)) return;
  const Dimensions = [
    { Name: "ClusterName", Value: nameIn(clusterArn) },
    { Name: "ServiceName", Value: serviceName },
  ];
  const percent = 100 * part;
  const measured: Measured = { Sum: percent, SampleCount: 1, Minimum: percent, Maximum: percent, Unit: "Percent" };
  measure(region, { Namespace: "AWS/ECS", MetricName, Dimensions }, at, measured);
}
