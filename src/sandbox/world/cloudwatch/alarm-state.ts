import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { MetricAlarm } from "../records.ts";

/** Periods beyond those of the alarm that are looked at, so that late data counts. (in the examples of the User Guide) */
export const LOOKED_BACK = 2;

/**
 * What an alarm comes to. (CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data")
 *
 * @param values of the latest periods, oldest first, LOOKED_BACK more than the alarm evaluates; undefined: none
 */
export function alarmState(alarm: MetricAlarm, values: readonly (number | undefined)[]): StateValue {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, StateValue: present } = alarm;
  const real = values.filter((value) => value !== undefined).slice(-periods);
  const breaching = real.filter((value) => isBreaching(alarm, value)).length;
  const byCount = (count: number) => (count >= needed ? "ALARM" : "OK");
  if (real.length === periods || breaching >= needed) return byCount(breaching);
  const treatment = alarm.TreatMissingData ?? "missing";
  if (treatment === "breaching") return byCount(breaching + periods - real.length);
  if (treatment === "notBreaching" || breaching < real.length) return byCount(breaching);
  if (treatment === "ignore") return present;
  if (real.length === 0) return "INSUFFICIENT_DATA";
  // All that is known is breaching: enough, if it has been so for as long as it takes.
  const oldest = values.length - values.findIndex((value) => value !== undefined);
  return oldest >= needed ? "ALARM" : present;
}

function isBreaching({ ComparisonOperator: operator, Threshold = 0 }: MetricAlarm, value: number): boolean {
  if (operator === "GreaterThanThreshold") return value > Threshold;
  if (operator === "GreaterThanOrEqualToThreshold") return value >= Threshold;
  if (operator === "LessThanThreshold") return value < Threshold;
  return value <= Threshold;
}
