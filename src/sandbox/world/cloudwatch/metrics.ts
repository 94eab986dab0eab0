import type { Dimension, Statistic } from "@aws-sdk/client-cloudwatch";
import type { MinuteOfMetric } from "../records.ts";
import type { Region } from "../world.ts";

const MINUTE = 60_000;
/** AWS keeps them for 15 days; here they are written to a file of somebody's computer, some twenty a minute. */
const KEPT_MINUTES = 180;

/** What names a metric. */
export interface MetricName {
  readonly Namespace?: string | undefined;
  readonly MetricName?: string | undefined;
  readonly Dimensions?: readonly Dimension[] | undefined;
}

/** Numbers that were measured together. */
export type Measured = Pick<MinuteOfMetric, "Sum" | "SampleCount" | "Minimum" | "Maximum" | "Unit" | "Values">;

/** The same for the same metric, in whatever order its dimensions are named. */
export function metricKey({ Namespace, MetricName, Dimensions = [] }: MetricName): string {
  const dimensions = Dimensions.map(({ Name, Value }) => [Name, Value]).sort(([one = ""], [other = ""]) =>
    one < other ? -1 : 1,
  );
  return JSON.stringify([Namespace, MetricName, dimensions]);
}

/** Adds what was measured to the minute that it was measured in. */
export function measure(region: Region, metric: MetricName, at: Date, measured: Measured): void {
  const { minutes } = region.cloudwatch;
  const key = metricKey(metric);
  const minute = Math.floor(at.getTime() / MINUTE);
  const { Namespace = "", MetricName = "", Dimensions = [] } = metric;
  const present = minutes.get(`${key} ${minute}`);
  minutes.put({ key, minute, Namespace, MetricName, Dimensions: [...Dimensions], ...together(present, measured) });
}

/** What was measured in each of `count` periods of so many seconds from a full minute on; undefined: nothing. */
export function measuredIn(
  region: Region,
  metric: MetricName,
  { from, seconds, count }: { from: Date; seconds: number; count: number },
): (Measured | undefined)[] {
  const key = metricKey(metric);
  const first = from.getTime() / MINUTE;
  const each = seconds / 60;
  const inPeriod = (index: number) =>
    Array.from({ length: each }, (_, minute) =>
      region.cloudwatch.minutes.get(`${key} ${first + index * each + minute}`),
    );
  return Array.from({ length: count }, (_, index) =>
    inPeriod(index).reduce<Measured | undefined>((sum, one) => (one ? together(sum, one) : sum), undefined),
  );
}

/** Forgets what AWS's services measured of themselves more than some hours before. */
export function forgetMeasured({ cloudwatch }: Region, now: Date): void {
  const oldest = now.getTime() / MINUTE - KEPT_MINUTES;
  for (const { key, minute, Namespace } of cloudwatch.minutes.all()) {
    if (minute < oldest && /^(AWS\/|ECS\/ContainerInsights$)/.test(Namespace))
      cloudwatch.minutes.delete(`${key} ${minute}`);
  }
}

/** A statistic of what was measured. */
export function statisticOf({ Sum, SampleCount, Minimum, Maximum }: Measured, statistic: Statistic): number {
  return { Sum, SampleCount, Minimum, Maximum, Average: Sum / SampleCount }[statistic];
}

/**
 * The value that so many per cent of all values do not exceed; undefined where only sums are known of them. ("Statistics definitions",
 * CloudWatch User Guide)
 */
export function percentileOf(measured: Measured, percent: number): number | undefined {
  const values = valuesOf(measured);
  if (!values) return undefined;
  const sorted = Object.entries(values)
    .map(([value, count]) => ({ value: Number(value), count }))
    .sort((one, other) => one.value - other.value);
  const wanted = (sorted.reduce((sum, { count }) => sum + count, 0) * percent) / 100;
  let seen = 0;
  for (const { value, count } of sorted) {
    seen += count;
    if (seen >= wanted) return value;
  }
  return sorted.at(-1)?.value;
}

function valuesOf({ Values, Minimum, Maximum, SampleCount }: Measured): Record<string, number> | undefined {
  return Values ?? (Minimum === Maximum ? { [Minimum]: SampleCount } : undefined);
}

function added(
  one: Record<string, number> | undefined,
  other: Record<string, number> | undefined,
): Record<string, number> | undefined {
  if (!one || !other) return undefined;
  const sum = { ...one };
  for (const [value, count] of Object.entries(other)) sum[value] = (sum[value] ?? 0) + count;
  return sum;
}

function together(one: Measured | undefined, other: Measured): Measured {
  const { Sum, SampleCount, Minimum, Maximum, Unit, Values } = other;
  if (!one) return { Sum, SampleCount, Minimum, Maximum, Unit, ...(Values && { Values }) };
  const values = added(valuesOf(one), valuesOf(other));
  return {
    ...(values && { Values: values }),
    Sum: one.Sum + Sum,
    SampleCount: one.SampleCount + SampleCount,
    Minimum: Math.min(one.Minimum, Minimum),
    Maximum: Math.max(one.Maximum, Maximum),
    Unit,
  };
}
