import { type Measured, measure } from "../world/cloudwatch/metrics.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsService } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { tellInsights } from "./container-insights.ts";
import type { TaskContainers } from "./ecs-task-containers.ts";
import type { Measure } from "./monitoring.ts";
import { type TaskUse, taskUsage, usedByAll } from "./task-usage.ts";

const MIB = 2 ** 20;
/** CPU units of a processor. */
const UNITS = 1024;

/** What ECS tells of services, and Container Insights of clusters, by what the processes of tasks really use. */
export function taskMetrics(world: World, containers: TaskContainers): Measure {
  const look = taskUsage(world, containers);
  return async (end) => {
    const uses = await look();
    for (const use of uses) tellOfService(use, new Date(end.getTime() - 1));
    await tellInsights(world, uses, end);
  };
}

/** How much of what its tasks reserve a service really uses. ("Amazon ECS CloudWatch metrics", CPUUtilization, MemoryUtilization) */
function tellOfService(use: TaskUse, at: Date): void {
  const { region, task } = use;
  const service = region.ecs.services.find(({ serviceArn }) => serviceArn === task.hidden.serviceArn);
  if (!service) return;
  const { processors, memory } = usedByAll(use);
  if (processors !== undefined) tell(region, service, "CPUUtilization", processors / (Number(task.cpu) / UNITS), at);
  if (memory > 0) tell(region, service, "MemoryUtilization", memory / (Number(task.memory) * MIB), at);
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
