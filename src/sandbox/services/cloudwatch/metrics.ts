import type { MetricDataQuery, Statistic } from "@aws-sdk/client-cloudwatch";
import { AwsError, notEmulated } from "../../wire/service.ts";
import {
  type Measured,
  type MetricName,
  measuredIn,
  percentileOf,
  statisticOf,
} from "../../world/cloudwatch/metrics.ts";
import type { Region, World } from "../../world/world.ts";
import { pageOf } from "../page.ts";
import { type CloudWatchOperations, invalidCombination, invalidValue } from "./operation.ts";

const STATISTICS: readonly string[] = ["Average", "Maximum", "Minimum", "SampleCount", "Sum"];
/** Datapoints that one call answers. (GetMetricStatistics) */
const MOST_POINTS = 1440;
const MINUTE = 60_000;

/** What was measured. */
export function metricOperations(world: World): CloudWatchOperations {
  return {
    ListMetrics: {
      accepts: ["Namespace", "MetricName", "Dimensions", "NextToken"],
      handle({ Dimensions = [], NextToken, ...wanted }, { region }) {
        const minutes = world
          .region(region)
          .cloudwatch.minutes.filter(
            (one) =>
              [undefined, one.Namespace].includes(wanted.Namespace) &&
              [undefined, one.MetricName].includes(wanted.MetricName) &&
              Dimensions.every(({ Name, Value }) =>
                one.Dimensions.some((has) => has.Name === Name && [undefined, has.Value].includes(Value)),
              ),
          );
        const metrics = new Map(
          minutes.map(({ key, Namespace, MetricName, Dimensions }) => [key, { Namespace, MetricName, Dimensions }]),
        );
        const invalid = () => invalidValue("The value of NextToken is not valid.");
        const page = pageOf([...metrics.values()], { size: world.pageSize, token: NextToken, invalid });
        return { Metrics: page.items, ...(page.next !== undefined && { NextToken: page.next }) };
      },
    },

    GetMetricStatistics: {
      accepts: ["Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period", "Statistics"],
      handle({ StartTime, EndTime, Period = 60, Statistics = [], ...metric }, { region }) {
        if (Statistics.length === 0) throw missing("Statistics");
        const points = pointsOf(world.region(region), metric, { StartTime, EndTime, Period });
        return {
          Label: metric.MetricName,
          Datapoints: points.map(({ Timestamp, measured }) => ({
            Timestamp,
            Unit: measured.Unit,
            ...Object.fromEntries(Statistics.map((one) => [one, statisticOf(measured, one)])),
          })),
        };
      },
    },

    GetMetricData: {
      accepts: ["MetricDataQueries", "StartTime", "EndTime", "ScanBy"],
      handle({ MetricDataQueries = [], ScanBy = "TimestampDescending", ...times }, { region }) {
        const results = MetricDataQueries.map((query) => resultOf(world.region(region), query, times));
        const newestFirst = ScanBy === "TimestampDescending";
        return {
          MetricDataResults: results.map(({ points, ...result }) => {
            const ordered = newestFirst ? points.reverse() : points;
            const Timestamps = ordered.map(({ Timestamp }) => Timestamp);
            return {
              ...result,
              Timestamps,
              Values: ordered.map(({ value }) => value),
              StatusCode: "Complete" as const,
            };
          }),
          Messages: [],
        };
      },
    },
  };
}

/** From when to when. */
interface Times {
  readonly StartTime: Date | undefined;
  readonly EndTime: Date | undefined;
}

/** One query's values, oldest first. @throws AwsError */
function resultOf(region: Region, { Id, Label, MetricStat, ReturnData }: MetricDataQuery, times: Times) {
  if (!MetricStat || ReturnData === false) throw notEmulated("expressions of metrics");
  const { Metric = {}, Period = 60, Stat = "" } = MetricStat;
  const statistic = statisticNamed(Stat);
  const points = pointsOf(region, Metric, { ...times, Period });
  return {
    Id,
    Label: Label ?? Metric.MetricName,
    points: points.flatMap(({ Timestamp, measured }) => {
      const value = statistic(measured);
      return value === undefined ? [] : [{ Timestamp, value }];
    }),
  };
}

/** `Average`, `p99`, `p99.9` ... @throws AwsError */
function statisticNamed(name: string): (measured: Measured) => number | undefined {
  if (STATISTICS.includes(name)) return (measured) => statisticOf(measured, name as Statistic);
  const percent = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1] ?? Number.NaN);
  if (!(percent <= 100)) throw notEmulated(`the statistic ${name} of metrics`);
  return (measured) => percentileOf(measured, percent);
}

/**
 * What was measured in each period, oldest first, without those in which nothing was. The first one begins with the minute that is
 * asked for, whatever the clock says of the period. (boto3 issue 3457; GetMetricStatistics, StartTime)
 *
 * @throws AwsError
 */
function pointsOf(region: Region, metric: MetricName, { StartTime, EndTime, Period }: Times & { Period: number }) {
  if (!StartTime) throw missing("StartTime");
  if (!EndTime) throw missing("EndTime");
  if (StartTime >= EndTime) {
    throw invalidCombination("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (Period <= 0 || Period % 60 !== 0) throw invalidValue("The parameter Period must be a multiple of 60.");
  const step = Period * 1000;
  const first = Math.floor(StartTime.getTime() / MINUTE) * MINUTE;
  const count = Math.ceil((EndTime.getTime() - first) / step);
  if (count > MOST_POINTS) {
    throw invalidCombination(
      `You have requested up to ${count} datapoints, which exceeds the limit of ${MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const measured = measuredIn(region, metric, { from: new Date(first), seconds: Period, count });
  return measured.flatMap((one, index) => (one ? [{ Timestamp: new Date(first + index * step), measured: one }] : []));
}

function missing(parameter: string): AwsError {
  return new AwsError("MissingParameter", `The parameter ${parameter} is required.`);
}
