import { tasksOf } from "../world/ecs/deployments.ts";
import type { EcsService, EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { isHealthy } from "./ecs-task-health.ts";

/** A service's tasks, sorted by what is to become of them. */
export interface ServiceState {
  /** All that shall run. */
  readonly wanted: readonly EcsTask[];
  /** Those of the primary deployment, on instances that are not being drained. */
  readonly current: readonly EcsTask[];
  /** The others. */
  readonly old: readonly EcsTask[];
  /** Told to stop, and not stopped yet. */
  readonly leaving: readonly EcsTask[];
  readonly isHealthy: (task: EcsTask) => boolean;
  /** At least so many shall be healthy, and at most so many run, during a deployment (ECS, DeploymentConfiguration). */
  readonly lower: number;
  readonly upper: number;
}

/** What there is of a service. */
export function stateOf(world: World, region: Region, service: EcsService): ServiceState {
  const { desiredCount, deploymentConfiguration, deployments } = service;
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = deploymentConfiguration;
  const tasks = tasksOf(region, service);
  const wanted = tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING");
  const isCurrent = (task: EcsTask) =>
    task.startedBy === deployments[0]?.id &&
    region.ecs.containerInstances.get(task.containerInstanceArn ?? "")?.status !== "DRAINING";
  return {
    wanted,
    current: wanted.filter(isCurrent),
    old: wanted.filter((task) => !isCurrent(task)),
    leaving: tasks.filter(({ desiredStatus }) => desiredStatus === "STOPPED"),
    isHealthy: (task) => isHealthy(world, region, task),
    lower: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
    upper: Math.max(Math.floor((desiredCount * maximumPercent) / 100), 1),
  };
}

/**
 * Tasks of former deployments that may stop now: all once the new ones are healthy, those that are too many before, and as
 * many as the deployment may do without where the new ones find no place.
 */
export function replaceable(
  { wanted, current, old, isHealthy, lower }: ServiceState,
  service: EcsService,
  isBlocked: boolean,
) {
  const healthy = wanted.filter(isHealthy).length;
  if (current.filter(isHealthy).length >= service.desiredCount) return old;
  const useless = old.filter((task) => !isHealthy(task));
  const spare = Math.max(0, healthy - (isBlocked ? lower : service.desiredCount));
  return [...(isBlocked ? useless : []), ...old.filter(isHealthy).slice(0, spare)];
}

/** Whether a deployment waits for nothing any more, and its bounds let it neither start nor stop a task. */
export function isStuck({ wanted, current, leaving, isHealthy }: ServiceState, { desiredCount }: EcsService): boolean {
  return current.length < desiredCount && leaving.length === 0 && wanted.every(isHealthy);
}

/** Whether nothing is left to do. */
export function isSteady({ current, old, leaving, isHealthy }: ServiceState, { desiredCount }: EcsService): boolean {
  return (
    current.length === desiredCount &&
    old.length === 0 &&
    leaving.length === 0 &&
    current.every((task) => isHealthy(task))
  );
}
