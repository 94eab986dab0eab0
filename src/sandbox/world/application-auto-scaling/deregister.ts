import type { ScalableTarget, TrackingPolicy } from "../records.ts";
import type { Region } from "../world.ts";

/** Key of a target's policy. */
export function policyKey({ ResourceId, PolicyName }: Pick<TrackingPolicy, "ResourceId" | "PolicyName">): string {
  return `${ResourceId} ${PolicyName}`;
}

/** Deletes a target, its policies and their alarms. Its activities stay listed. */
export function deregister(region: Region, { ResourceId }: Pick<ScalableTarget, "ResourceId">): void {
  const { targets, policies } = region.applicationAutoScaling;
  for (const policy of policies.filter((one) => one.ResourceId === ResourceId)) deletePolicy(region, policy);
  targets.delete(ResourceId);
}

/** Deletes a policy and its alarms. */
export function deletePolicy(region: Region, policy: TrackingPolicy): void {
  for (const { AlarmName = "" } of policy.Alarms) region.cloudwatch.alarms.delete(AlarmName);
  region.applicationAutoScaling.policies.delete(policyKey(policy));
}
