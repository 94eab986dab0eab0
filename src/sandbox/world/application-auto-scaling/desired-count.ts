import { randomUUID } from "node:crypto";
import type { EcsService, ScalableTarget } from "../records.ts";
import type { Region, World } from "../world.ts";

/** The service that a resource id such as `service/CLUSTER/SERVICE` names; undefined: there is none, or it is being deleted. */
export function scaledService(world: World, region: Region, resourceId: string): EcsService | undefined {
  const service = region.ecs.services.get(`arn:aws:ecs:${region.name}:${world.account}:${resourceId}`);
  return service?.status === "ACTIVE" ? service : undefined;
}

/** Moves a service's desired count into the bounds of its target. (RegisterScalableTarget) */
export function moveIntoBounds(world: World, region: Region, target: ScalableTarget): void {
  const { ResourceId, MinCapacity, MaxCapacity } = target;
  const { desiredCount = 0 } = scaledService(world, region, ResourceId) ?? {};
  if (desiredCount < MinCapacity) {
    setDesiredCount(world, region, target, MinCapacity, `minimum capacity was set to ${MinCapacity}`);
  }
  if (desiredCount > MaxCapacity) {
    setDesiredCount(world, region, target, MaxCapacity, `maximum capacity was set to ${MaxCapacity}`);
  }
}

/**
 * Sets a service's desired count, as an activity of its target; one that was under way is overridden.
 *
 * @param Cause in AWS's words
 */
function setDesiredCount(world: World, region: Region, target: ScalableTarget, capacity: number, Cause: string): void {
  const { ServiceNamespace, ResourceId, ScalableDimension } = target;
  const { activities } = region.applicationAutoScaling;
  const now = world.now();
  for (const activity of activities.filter((one) => one.ResourceId === ResourceId && one.StatusCode === "InProgress")) {
    activities.put({ ...activity, StatusCode: "Overridden", EndTime: now });
  }
  const service = scaledService(world, region, ResourceId);
  if (service) region.ecs.services.put({ ...service, desiredCount: capacity });
  activities.put({
    ActivityId: randomUUID(),
    ServiceNamespace,
    ResourceId,
    ScalableDimension,
    Description: `Setting desired count to ${capacity}.`,
    Cause,
    StartTime: now,
    StatusCode: "InProgress",
    StatusMessage: `Successfully set desired count to ${capacity}. Waiting for change to be fulfilled by ecs.`,
    hidden: { capacity },
  });
}
