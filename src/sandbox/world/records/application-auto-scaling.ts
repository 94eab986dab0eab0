import type * as scaling from "@aws-sdk/client-application-auto-scaling";
import type { Known } from "./known.ts";

/** What of a resource scales, and between which bounds: of ECS's services, which have one dimension, so that the resource names it. */
export type ScalableTarget = Known<
  scaling.ScalableTarget,
  | "ScalableTargetARN"
  | "ServiceNamespace"
  | "ResourceId"
  | "ScalableDimension"
  | "MinCapacity"
  | "MaxCapacity"
  | "RoleARN"
  | "SuspendedState"
  | "CreationTime"
> & { hidden: { tags: Record<string, string> } };

/** Of the type TargetTrackingScaling. */
export type TrackingPolicy = Known<
  scaling.ScalingPolicy,
  | "PolicyARN"
  | "PolicyName"
  | "ServiceNamespace"
  | "ResourceId"
  | "ScalableDimension"
  | "PolicyType"
  | "TargetTrackingScalingPolicyConfiguration"
  | "Alarms"
  | "CreationTime"
> & {
  hidden: {
    /** What its alarms act by: the policy's ARN and who made it. */
    action: string;
  };
};

/** What was done about a target's capacity. */
export type TargetActivity = Known<
  scaling.ScalingActivity,
  | "ActivityId"
  | "ServiceNamespace"
  | "ResourceId"
  | "ScalableDimension"
  | "Description"
  | "Cause"
  | "StartTime"
  | "StatusCode"
> & {
  hidden: {
    /** Tasks that it was reckoned from; absent, as the next: it came to nothing. */
    from?: number;
    /** Tasks that there shall be after it. */
    to?: number;
  };
};
