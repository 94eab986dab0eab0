import { nameIn } from "../world/ecs/names.ts";
import { type EcsService, type EcsTask, targetKey } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Why a task is replaced, and the event that tells of it. */
export interface Failing {
  readonly reason: string;
  readonly event: string;
}

/**
 * Whether a task counts for its deployment: it runs, its container checks and its targets are healthy; one without any checks
 * once it has run for a while (ECS, "Service definition parameters", minimumHealthyPercent).
 */
export function isHealthy(world: World, region: Region, task: EcsTask): boolean {
  if (task.lastStatus !== "RUNNING") return false;
  if (!task.hidden.targets.every((target) => healthOf(region, target)?.State === "healthy")) return false;
  // Nothing is behind a task that could fail.
  if (!world.hasTraffic) return true;
  if (isCheckedByDocker(region, task)) return task.healthStatus === "HEALTHY";
  return task.hidden.targets.length > 0 || countsFrom(world, task) <= world.now().getTime();
}

/** Milliseconds since the epoch when a task that nobody checks counts as one that runs. */
export function countsFrom(world: World, { startedAt }: EcsTask): number {
  return (startedAt ?? world.now()).getTime() + world.delay("task counts");
}

/** Milliseconds since the epoch when the load balancer's checks of a task begin to matter. */
export function judgedFrom(world: World, { startedAt }: EcsTask, service: EcsService): number {
  return (startedAt ?? world.now()).getTime() + (service.healthCheckGracePeriodSeconds ?? 0) * 1000;
}

/** Why a running task of a service has to be replaced; undefined: it has not. */
export function failingOf(world: World, region: Region, service: EcsService, task: EcsTask): Failing | undefined {
  if (!world.hasTraffic || task.lastStatus !== "RUNNING") return undefined;
  if (task.healthStatus === "UNHEALTHY") {
    return {
      reason: "Task failed container health checks",
      event: `(task ${nameIn(task.taskArn)}) failed container health checks.`,
    };
  }
  if (judgedFrom(world, task, service) > world.now().getTime()) return undefined;
  const target = task.hidden.targets.find((one) => healthOf(region, one)?.State === "unhealthy");
  if (!target) return undefined;
  const { TargetGroupArn, Id, Port } = target;
  return {
    reason: `Task failed ELB health checks in (target-group ${TargetGroupArn})`,
    event: `(instance ${Id}) (port ${Port}) is unhealthy in (target-group ${TargetGroupArn}) due to (reason ${healthOf(region, target)?.Description})`,
  };
}

function healthOf({ elbv2 }: Region, target: EcsTask["hidden"]["targets"][number]) {
  return elbv2.targets.get(targetKey(target))?.hidden.health;
}

function isCheckedByDocker({ ecs }: Region, { taskDefinitionArn }: EcsTask): boolean {
  const definition = ecs.taskDefinitions.get(nameIn(taskDefinitionArn));
  return definition?.containerDefinitions.some(({ healthCheck }) => healthCheck !== undefined) ?? false;
}
