import type * as cloudwatch from "@aws-sdk/client-cloudwatch";
import type { Known } from "./known.ts";

/** An alarm on one metric. */
export type MetricAlarm = Known<
  cloudwatch.MetricAlarm,
  | "AlarmName"
  | "AlarmArn"
  | "AlarmConfigurationUpdatedTimestamp"
  | "AlarmActions"
  | "StateValue"
  | "StateReason"
  | "StateUpdatedTimestamp"
  | "Dimensions"
  | "EvaluationPeriods"
  | "ComparisonOperator"
>;
