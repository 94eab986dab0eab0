import type * as autoScaling from "@aws-sdk/client-auto-scaling";
import type { Known } from "./known.ts";

/** An instance of a scaling group, as the group sees it. */
export type GroupInstance = Known<
  autoScaling.Instance,
  "InstanceId" | "AvailabilityZone" | "LifecycleState" | "HealthStatus" | "ProtectedFromScaleIn" | "LaunchTemplate"
>;

/** A group with its instances. */
export type AutoScalingGroup = Known<
  Omit<autoScaling.AutoScalingGroup, "Instances">,
  | "AutoScalingGroupName"
  | "AutoScalingGroupARN"
  | "MinSize"
  | "MaxSize"
  | "DesiredCapacity"
  | "LaunchTemplate"
  | "VPCZoneIdentifier"
  | "AvailabilityZones"
  | "TargetGroupARNs"
  | "HealthCheckType"
  | "NewInstancesProtectedFromScaleIn"
  | "EnabledMetrics"
  | "Tags"
> & {
  /** Those that are being terminated included. */
  Instances: GroupInstance[];
  hidden: {
    /** Who last set its size, in the words of an activity's cause. */
    request: string;
    /** When instances that it lacks are launched; absent: it lacks none, or has not noticed. */
    launchAt?: Date;
    /** How often in a row EC2 has refused to launch anything; absent: the last launch succeeded. */
    refusals?: number;
    /** Name of the lifecycle hook that holds what is being terminated; absent: none does. */
    terminationHook?: string;
    /** When the hook's time is over, by the ids of those that it holds. */
    heldUntil?: Record<string, Date>;
    /** When it goes, once it is being deleted and has no instance left. */
    goneAt?: Date;
  };
};

/** What a group did, or tried to do, to one instance. */
export type ScalingActivity = Known<
  autoScaling.Activity,
  "ActivityId" | "AutoScalingGroupName" | "AutoScalingGroupARN" | "Description" | "Cause" | "StartTime" | "StatusCode"
> & {
  hidden: {
    /** Counts the activities of a world, because several may begin in one moment. */
    order: number;
    instanceId?: string;
  };
};
