import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { notEmulated } from "../../wire/service.ts";
import { measure } from "../../world/cloudwatch/metrics.ts";
import type { World } from "../../world/world.ts";
import { type CloudWatchOperations, invalidCombination, invalidValue } from "./operation.ts";

const DAY = 86_400_000;
const OLDEST = 14 * DAY;
const NEWEST = DAY / 12;

/** Metrics of one's own. */
export function putMetricDataOperations(world: World): CloudWatchOperations {
  return {
    PutMetricData: {
      accepts: ["Namespace", "MetricData"],
      handle({ Namespace = "", MetricData = [] }, { region: name }) {
        if (Namespace.startsWith("AWS/")) throw invalidValue("The value AWS/ for parameter Namespace is invalid.");
        const region = world.region(name);
        const now = world.now();
        const data = MetricData.map((datum, index) => ({
          metric: { ...datum, Namespace },
          at: checkedTime(datum, now, `MetricData.member.${index + 1}`),
          measured: measuredBy(datum, `MetricData.member.${index + 1}`),
        }));
        for (const { metric, at, measured } of data) measure(region, metric, at, measured);
        return {};
      },
    },
  };
}

/** @throws AwsError for a time that is too long ago, or yet to come */
function checkedTime({ Timestamp }: MetricDatum, now: Date, at: string): Date {
  if (!Timestamp) return now;
  const age = now.getTime() - Timestamp.getTime();
  if (age > OLDEST) {
    throw invalidValue(`The parameter ${at}.Timestamp must specify a time no more than two weeks in the past.`);
  }
  if (age < -NEWEST) {
    throw invalidValue(`The parameter ${at}.Timestamp must specify a time no more than two hours in the future.`);
  }
  return Timestamp;
}

/** @throws AwsError for what says no number */
function measuredBy(datum: MetricDatum, at: string) {
  const { Value, Values, Counts, StatisticValues, Unit = "None", StorageResolution = 60 } = datum;
  if (StorageResolution < 60) throw notEmulated("metrics by the second");
  if ([Value, Values, StatisticValues].filter((one) => one !== undefined).length !== 1) {
    throw invalidCombination(`${at} must have one of Value, Values and StatisticValues.`);
  }
  if (StatisticValues) {
    const { Sum = 0, SampleCount = 0, Minimum = 0, Maximum = 0 } = StatisticValues;
    return { Sum, SampleCount, Minimum, Maximum, Unit };
  }
  const values = Values ?? [Value ?? 0];
  if (values.length === 0 || (Counts && Counts.length !== values.length)) {
    throw invalidValue(`The parameters ${at}.Values and ${at}.Counts must be of the same length.`);
  }
  const counts = values.map((_, index) => Counts?.[index] ?? 1);
  return {
    Sum: values.reduce((sum, value, index) => sum + value * (counts[index] ?? 1), 0),
    SampleCount: counts.reduce((sum, count) => sum + count, 0),
    Minimum: Math.min(...values),
    Maximum: Math.max(...values),
    Unit,
    Values: countsBy(values, counts),
  };
}

/** A value may be named more than once. */
function countsBy(values: readonly number[], counts: readonly number[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [index, value] of values.entries()) sums[value] = (sums[value] ?? 0) + (counts[index] ?? 1);
  return sums;
}
