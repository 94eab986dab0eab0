import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { MetricAlarm } from "../records.ts";

/** What an operator says of values that breach. */
const COMPARED: Readonly<Record<string, string>> = {
  GreaterThanThreshold: "greater than",
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/** Why an alarm has come to a state, in AWS's words (without the times of the values). */
export function stateReason(alarm: MetricAlarm, values: readonly (number | undefined)[], state: StateValue): string {
  const { EvaluationPeriods: periods, Threshold = 0, ComparisonOperator } = alarm;
  const real = values.filter((value) => value !== undefined).slice(-periods);
  if (real.length === 0) return `Insufficient Data: ${periods} datapoints were unknown.`;
  const verb = `${real.length === 1 ? "was" : "were"} ${state === "OK" ? "not " : ""}${COMPARED[ComparisonOperator]}`;
  const points = `${real.length} datapoint${real.length === 1 ? "" : "s"} [${real.map(decimal).join(", ")}]`;
  return `Threshold Crossed: ${points} ${verb} the threshold (${decimal(Threshold)}).`;
}

/** As Java writes numbers. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
