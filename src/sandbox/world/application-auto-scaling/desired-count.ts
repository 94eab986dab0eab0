import { randomUUID } from "node:crypto";
import type { NotScaledReason } from "@aws-sdk/client-application-auto-scaling";
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
  const { desiredCount: from = 0 } = scaledService(world, region, ResourceId) ?? {};
  if (from < MinCapacity) {
    const Cause = `minimum capacity was set to ${MinCapacity}`;
    setDesiredCount(world, region, target, { from, to: MinCapacity, Cause });
  }
  if (from > MaxCapacity) {
    const Cause = `maximum capacity was set to ${MaxCapacity}`;
    setDesiredCount(world, region, target, { from, to: MaxCapacity, Cause });
  }
}

/**
 * Sets a service's desired count, as an activity of its target; one that was under way is overridden.
 *
 * @param Cause in AWS's words
 * @param from what the capacity was reckoned from
 */
export function setDesiredCount(
  world: World,
  region: Region,
  target: ScalableTarget,
  { from, to, Cause }: { from: number; to: number; Cause: string },
): void {
  const { ServiceNamespace, ResourceId, ScalableDimension } = target;
  const { activities } = region.applicationAutoScaling;
  const now = world.now();
  for (const activity of activities.filter((one) => one.ResourceId === ResourceId && one.StatusCode === "InProgress")) {
    activities.put({ ...activity, StatusCode: "Overridden", EndTime: now });
  }
  const service = scaledService(world, region, ResourceId);
  if (service) region.ecs.services.put({ ...service, desiredCount: to });
  activities.put({
    ActivityId: randomUUID(),
    ServiceNamespace,
    ResourceId,
    ScalableDimension,
    Description: `Setting desired count to ${to}.`,
    Cause,
    StartTime: now,
    StatusCode: "InProgress",
    StatusMessage: `Successfully set desired count to ${to}. Waiting for change to be fulfilled by ecs.`,
    hidden: { from, to },
  });
}

/** Remembers that a policy would have scaled and could not; not twice in a row. (Application Auto Scaling User Guide, "Scaling activities") */
export function noteNotScaled(
  world: World,
  region: Region,
  target: ScalableTarget,
  reason: NotScaledReason,
  Cause: string,
): void {
  const { ServiceNamespace, ResourceId, ScalableDimension } = target;
  const { activities } = region.applicationAutoScaling;
  const last = activities.filter((one) => one.ResourceId === ResourceId).at(-1);
  if (last?.Cause === Cause && last.NotScaledReasons?.[0]?.Code === reason.Code) return;
  activities.put({
    ActivityId: randomUUID(),
    ServiceNamespace,
    ResourceId,
    ScalableDimension,
    Description: "Attempting to scale due to alarm triggered",
    Cause,
    StartTime: world.now(),
    StatusCode: "Failed",
    NotScaledReasons: [reason],
    hidden: {},
  });
}
