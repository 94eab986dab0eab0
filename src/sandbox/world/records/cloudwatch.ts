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
> & {
  /** Absent: it has none. */
  tags?: cloudwatch.Tag[] | undefined;
};

/** What was measured of a metric in one minute. */
export interface MinuteOfMetric {
  /** The same for all minutes of the metric. */
  key: string;
  /** Minutes since the epoch. */
  minute: number;
  Namespace: string;
  MetricName: string;
  Dimensions: cloudwatch.Dimension[];
  Sum: number;
  SampleCount: number;
  Minimum: number;
  Maximum: number;
  Unit: cloudwatch.StandardUnit;
  /** How many there were of each value; absent: nobody knows, so there are no percentiles. */
  Values?: Record<string, number>;
}
