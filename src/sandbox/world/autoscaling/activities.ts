import { randomUUID } from "node:crypto";
import type { AutoScalingGroup, ScalingActivity } from "../records.ts";
import type { Region, World } from "../world.ts";

/** What a scaling group begins to do, in AWS's words (autoscaling:DescribeScalingActivities). */
export interface Begun {
  readonly description: string;
  readonly cause: string;
  /** Why it failed; absent: it is under way. */
  readonly failure?: string;
  readonly instanceId?: string;
  readonly subnetId?: string;
  readonly zone?: string;
}

/** Records what a group has begun to do, or has tried in vain. */
export function beginActivity(world: World, region: Region, group: AutoScalingGroup, begun: Begun): ScalingActivity {
  const { activities } = region.autoscaling;
  const now = world.now();
  const { description, cause, failure, instanceId, subnetId, zone } = begun;
  const details = { ...(subnetId && { "Subnet ID": subnetId }), ...(zone && { "Availability Zone": zone }) };
  return activities.put({
    ActivityId: randomUUID(),
    AutoScalingGroupName: group.AutoScalingGroupName,
    AutoScalingGroupARN: group.AutoScalingGroupARN,
    Description: description,
    Cause: cause,
    StartTime: now,
    Details: JSON.stringify(details),
    ...(failure === undefined
      ? { StatusCode: "InProgress" as const, Progress: 50 }
      : { StatusCode: "Failed" as const, StatusMessage: failure, Progress: 100, EndTime: now }),
    hidden: {
      // Activities are never deleted.
      order: activities.size + 1,
      ...(instanceId !== undefined && { instanceId }),
    },
  });
}

/** Ends what groups do about instances. */
export function endActivities(world: World, region: Region, instanceIds: ReadonlySet<string>): void {
  const { activities } = region.autoscaling;
  for (const { ActivityId, StatusCode, hidden } of activities.all()) {
    if (!instanceIds.has(hidden.instanceId ?? "") || StatusCode !== "InProgress") continue;
    activities.update(ActivityId, (draft) => {
      draft.StatusCode = "Successful";
      draft.Progress = 100;
      draft.EndTime = world.now();
    });
  }
}

/** A sentence of a cause. */
export function at(time: Date, what: string): string {
  return `At ${time.toISOString().slice(0, 19)}Z ${what}.`;
}
