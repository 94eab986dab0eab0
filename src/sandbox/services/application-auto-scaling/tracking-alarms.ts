import { randomUUID } from "node:crypto";
import type { MetricAlarm, TrackingPolicy } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import type { TrackedMetric } from "./tracked-metric.ts";

/** Below this part of the target there is too much capacity. */
const LOW = 0.9;

/** The alarms of a policy that tracks a metric, new with every PutScalingPolicy: one for too little capacity, one for too much. */
export function trackingAlarms(
  world: World,
  region: Region,
  policy: Omit<TrackingPolicy, "Alarms">,
  metric: TrackedMetric,
): MetricAlarm[] {
  const { TargetValue = 0, DisableScaleIn = false } = policy.TargetTrackingScalingPolicyConfiguration;
  const high = alarm("High", 3, "GreaterThanThreshold", TargetValue);
  const low = alarm("Low", 15, "LessThanThreshold", TargetValue * LOW);
  return DisableScaleIn ? [high] : [high, low];

  function alarm(
    side: "High" | "Low",
    EvaluationPeriods: number,
    ComparisonOperator: "GreaterThanThreshold" | "LessThanThreshold",
    Threshold: number,
  ): MetricAlarm {
    const AlarmName = `TargetTracking-${policy.ResourceId}-Alarm${side}-${randomUUID()}`;
    const now = world.now();
    return {
      AlarmName,
      AlarmArn: `arn:aws:cloudwatch:${region.name}:${world.account}:alarm:${AlarmName}`,
      AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.hidden.action}.`,
      AlarmConfigurationUpdatedTimestamp: now,
      ActionsEnabled: true,
      OKActions: [],
      AlarmActions: [policy.hidden.action],
      InsufficientDataActions: [],
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Unchecked: Initial alarm creation",
      StateUpdatedTimestamp: now,
      StateTransitionedTimestamp: now,
      ...metric,
      Dimensions: metric.Dimensions ?? [],
      Period: 60,
      EvaluationPeriods,
      Threshold,
      ComparisonOperator,
      TreatMissingData: "missing",
    };
  }
}
