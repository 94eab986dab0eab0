import { type Dimension, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Service } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients } from "./clients.ts";

/** What is told of a service. */
export type MetricName = "cpu" | "memory" | "requests" | "5xx" | "p50" | "p99" | "healthy" | "latency";

/** A metric over time. */
export interface MetricCourse {
  readonly name: MetricName;
  /** Of its values: per cent of what the tasks reserve, requests a minute, milliseconds, targets. */
  readonly unit: "%" | "/min" | "ms" | "";
  /** Oldest first; periods of which CloudWatch knows nothing are left out. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** From when to when to look, in milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Seconds that each value is for. */
  readonly period: number;
}

/** Periods, in seconds, that CloudWatch has for whatever time is asked for: what is older than 15 days it keeps by 5 minutes, than 63 days by the hour. (GetMetricData) */
const PERIODS = [60, 300, 900, 3600, 21_600, 86_400];
/** Values that are shown of a metric at most. */
const MOST = 60;

/** The span of so many milliseconds up to `now`, by periods of which there are 60 at most. */
export function spanUpTo(now: number, since: number): Span {
  const period = PERIODS.find((seconds) => since / (seconds * 1000) <= MOST) ?? 86_400;
  const step = period * 1000;
  // The minute that is not over yet has no values.
  const to = Math.floor(now / 60_000) * 60_000;
  return { from: Math.floor((to - since) / step) * step, to, period };
}

/** What is asked of CloudWatch, and how its values become ours. */
interface Wanted {
  readonly name: MetricName;
  readonly unit: MetricCourse["unit"];
  readonly metric: readonly [namespace: string, name: string, statistic: string];
  readonly times: number;
}

/**
 * What CloudWatch has of a service: what its tasks use, and what its load balancer says of their targets; of one without, what Service
 * Connect says of those who call it. Two calls at most, without a load balancer one. Each metric that is read is billed on aws.
 */
export async function serviceMetrics(
  { cloudWatch, elbv2 }: Pick<Clients, "cloudWatch" | "elbv2">,
  { cluster, service }: { readonly cluster: string; readonly service: Service },
  span: Span,
): Promise<MetricCourse[]> {
  const own = dimensions({ ClusterName: cluster, ServiceName: service.serviceName ?? "" });
  const target = await targetDimensions(elbv2, service);
  const wanted = [
    ...OF_TASKS.map((one) => ({ ...one, Dimensions: own })),
    ...(target ? ofTargets(span).map((one) => ({ ...one, Dimensions: target })) : ofCalled(service, own, span)),
  ];
  const queries = wanted.map(({ metric: [Namespace, MetricName, Stat], Dimensions }, index): MetricDataQuery => {
    return {
      Id: `m${index}`,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Stat, Period: span.period },
    };
  });
  const request = new GetMetricDataCommand({
    MetricDataQueries: queries,
    StartTime: new Date(span.from),
    EndTime: new Date(span.to),
    ScanBy: "TimestampAscending",
  });
  // Far fewer values than a page holds. (GetMetricData, MaxDatapoints)
  const { MetricDataResults = [] } = await cloudWatch.send(request);
  const courses = wanted.map(({ name, unit, times }, index): MetricCourse => {
    const { Timestamps = [], Values = [] } = MetricDataResults.find(({ Id }) => Id === `m${index}`) ?? {};
    return { name, unit, points: Timestamps.map((at, i) => ({ at: at.getTime(), value: (Values[i] ?? 0) * times })) };
  });
  return courses.map((course) => (course.name === "5xx" ? withZeros(course, courses) : course));
}

/** What there is none of is not told; where requests were counted, it is 0. ("CloudWatch metrics for your Application Load Balancer") */
function withZeros(course: MetricCourse, all: readonly MetricCourse[]): MetricCourse {
  const told = new Map(course.points.map(({ at, value }) => [at, value]));
  const counted = all.find(({ name }) => name === "requests")?.points ?? [];
  return { ...course, points: counted.map(({ at }) => ({ at, value: told.get(at) ?? 0 })) };
}

const OF_TASKS: readonly Wanted[] = [
  { name: "cpu", unit: "%", metric: ["AWS/ECS", "CPUUtilization", "Average"], times: 1 },
  { name: "memory", unit: "%", metric: ["AWS/ECS", "MemoryUtilization", "Average"], times: 1 },
];

function ofTargets({ period }: Span): Wanted[] {
  const of = (name: string, statistic: string) => ["AWS/ApplicationELB", name, statistic] as const;
  const eachMinute = 60 / period;
  return [
    { name: "requests", unit: "/min", metric: of("RequestCount", "Sum"), times: eachMinute },
    { name: "5xx", unit: "/min", metric: of("HTTPCode_Target_5XX_Count", "Sum"), times: eachMinute },
    { name: "p50", unit: "ms", metric: of("TargetResponseTime", "p50"), times: 1000 },
    { name: "p99", unit: "ms", metric: of("TargetResponseTime", "p99"), times: 1000 },
    { name: "healthy", unit: "", metric: of("HealthyHostCount", "Minimum"), times: 1 },
  ];
}

/**
 * What Service Connect tells of a service that others call: requests of itself, answers of who called by that name, wherever from; of
 * these it tells no percentiles. None: nobody can call it. (ECS Developer Guide, "Amazon ECS CloudWatch metrics")
 */
function ofCalled({ deployments = [] }: Service, own: readonly Dimension[], { period }: Span) {
  const [{ serviceConnectConfiguration: { services = [] } = {} } = {}] = deployments;
  const [{ portName, discoveryName = portName } = {}] = services;
  if (discoveryName === undefined) return [];
  const eachMinute = 60 / period;
  const called = [...own, ...dimensions({ DiscoveryName: discoveryName })];
  const calling = dimensions({ TargetDiscoveryName: discoveryName });
  const of = (name: string, statistic: string) => ["AWS/ECS", name, statistic] as const;
  return [
    { name: "requests", unit: "/min", metric: of("RequestCount", "Sum"), times: eachMinute, Dimensions: called },
    {
      name: "5xx",
      unit: "/min",
      metric: of("HTTPCode_Target_5XX_Count", "Sum"),
      times: eachMinute,
      Dimensions: calling,
    },
    { name: "latency", unit: "ms", metric: of("TargetResponseTime", "Average"), times: 1, Dimensions: calling },
  ] satisfies (Wanted & { Dimensions: Dimension[] })[];
}

/** Of the target group that the service's tasks are in; undefined: they are in none that a load balancer leads to. */
async function targetDimensions(
  elbv2: Clients["elbv2"],
  { loadBalancers = [] }: Service,
): Promise<Dimension[] | undefined> {
  const [arn] = loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  if (arn === undefined) return undefined;
  const { TargetGroups = [] } = await elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
  const [balancer] = TargetGroups[0]?.LoadBalancerArns ?? [];
  if (balancer === undefined) return undefined;
  return dimensions({
    LoadBalancer: balancer.split(":loadbalancer/")[1] ?? "",
    TargetGroup: arn.split(":").at(-1) ?? "",
  });
}

function dimensions(values: Readonly<Record<string, string>>): Dimension[] {
  return Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
}
