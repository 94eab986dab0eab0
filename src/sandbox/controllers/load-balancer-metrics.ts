import type { Dimension } from "@aws-sdk/client-cloudwatch";
import type { Count } from "../plane/balancer.ts";
import { type Measured, measure } from "../world/cloudwatch/metrics.ts";
import type { LoadBalancer, TargetGroup } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { shortName } from "./balancer-config.ts";
import type { Balancing } from "./balancing.ts";
import type { Measure } from "./monitoring.ts";

const MINUTE = 60_000;
const Namespace = "AWS/ApplicationELB";
/** What is told of target groups, too. */
const OF_TARGETS = /^(RequestCount|TargetResponseTime|HTTPCode_Target_.*)$/;

/**
 * What load balancers tell of their requests and targets. ("CloudWatch metrics for your Application Load Balancer") Requests take
 * real time, however fast the world's clock runs, so on a fast one their count is multiplied: 200 a second are 12,000 a minute by any.
 */
export function loadBalancerMetrics(world: World, balancing: Balancing): Measure {
  const times = world.clock.speed || 1;
  return async (end) => {
    const last = end.getTime() / MINUTE - 1;
    const counted = new Map((await balancing.counts(end)).map(({ minute, counts }) => [minute, counts]));
    // Of the minute that ends now all is told, of others that nobody asked about in time what was counted.
    for (const minute of new Set([...counted.keys(), last])) {
      const at = new Date(minute * MINUTE);
      for (const region of world.regions()) {
        for (const balancer of region.elbv2.loadBalancers.all()) {
          tellOf(region, balancer, counted.get(minute) ?? [], times, at);
        }
      }
    }
  };
}

function tellOf(region: Region, balancer: LoadBalancer, all: readonly Count[], times: number, at: Date): void {
  const LoadBalancer = shortName(balancer.LoadBalancerArn);
  const counts = all.filter(({ loadBalancer }) => loadBalancer === LoadBalancer);
  const tell = (MetricName: string, dimensions: Record<string, string>, measured: Measured) =>
    measure(region, { Namespace, MetricName, Dimensions: dimensionsOf(dimensions) }, at, measured);
  for (const count of counts) {
    tell(count.metric, { LoadBalancer }, measuredBy(count, times));
    if (count.group === undefined || !OF_TARGETS.test(count.metric)) continue;
    tell(count.metric, { LoadBalancer, TargetGroup: nameOf(count.group) }, measuredBy(count, times));
  }
  for (const group of region.elbv2.targetGroups.all()) {
    if (!group.LoadBalancerArns.includes(balancer.LoadBalancerArn)) continue;
    const TargetGroup = nameOf(group.TargetGroupArn);
    const { healthy, unhealthy } = hostsOf(region, group);
    tell("HealthyHostCount", { LoadBalancer, TargetGroup }, once(healthy, "Count"));
    tell("UnHealthyHostCount", { LoadBalancer, TargetGroup }, once(unhealthy, "Count"));
    if (healthy + unhealthy === 0) continue;
    const { sum = 0 } = counts.find((one) => one.metric === "RequestCount" && one.group === group.TargetGroupArn) ?? {};
    // Always told, so that nothing to do is seen, too.
    if (sum === 0) tell("RequestCount", { LoadBalancer, TargetGroup }, once(0, "Count"));
    const each = once((sum * times) / (healthy || unhealthy), "None");
    tell("RequestCountPerTarget", { LoadBalancer, TargetGroup }, each);
    tell("RequestCountPerTarget", { TargetGroup }, each);
  }
}

function measuredBy({ metric, sum, samples, minimum, maximum, values }: Count, times: number): Measured {
  const isTime = metric === "TargetResponseTime";
  return {
    Sum: isTime ? sum * times : Math.round(sum * times),
    SampleCount: Math.round(samples * times),
    Minimum: minimum,
    Maximum: maximum,
    Unit: isTime ? "Seconds" : "Count",
    ...(isTime && { Values: Object.fromEntries(values.map(([value, count]) => [value, count * times])) }),
  };
}

function once(value: number, Unit: Measured["Unit"]): Measured {
  return { Sum: value, SampleCount: 1, Minimum: value, Maximum: value, Unit };
}

/** Targets that are there to stay. */
function hostsOf({ elbv2 }: Region, { TargetGroupArn }: TargetGroup): { healthy: number; unhealthy: number } {
  const states = elbv2.targets
    .filter((target) => target.TargetGroupArn === TargetGroupArn)
    .map(({ hidden }) => hidden.health?.State);
  const count = (...wanted: string[]) => states.filter((state) => wanted.includes(state ?? "")).length;
  return { healthy: count("healthy"), unhealthy: count("unhealthy", "initial") };
}

/** The tail of an ARN, as dimensions name groups. */
function nameOf(targetGroupArn: string): string {
  return targetGroupArn.slice(targetGroupArn.lastIndexOf(":") + 1);
}

function dimensionsOf(values: Record<string, string>): Dimension[] {
  return Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
}
