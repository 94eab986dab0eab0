import { type Measured, measure, measuredIn } from "../world/cloudwatch/metrics.ts";
import { tasksOf } from "../world/ecs/deployments.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsService } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { ConnectProxies, PassedBetween } from "./connect-proxies.ts";
import type { Measure } from "./monitoring.ts";

const Namespace = "AWS/ECS";
const MINUTE = 60_000;

/** Of what went through proxies: who it is told of, and what. */
interface Counted {
  readonly region: Region;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly metric: string;
  readonly measured: Measured;
}

/**
 * What proxies of Service Connect tell: of who is asked by DiscoveryName, of who asks by TargetDiscoveryName. A service that asks nobody
 * has nothing of the latter. Requests take real time; on a fast clock their count is multiplied. ("Amazon ECS CloudWatch metrics")
 */
export function connectMetrics(world: World, proxies: ConnectProxies): Measure {
  const times = world.clock.speed || 1;
  let counts = new Map<string, Counted>();

  function add(
    region: Region,
    metric: string,
    dimensions: Record<string, string>,
    value: number,
    Unit: Measured["Unit"],
  ): void {
    const key = JSON.stringify([region.name, metric, dimensions]);
    const { measured: before } = counts.get(key) ?? {};
    const measured = {
      Sum: (before?.Sum ?? 0) + value,
      SampleCount: (before?.SampleCount ?? 0) + 1,
      Minimum: Math.min(before?.Minimum ?? value, value),
      Maximum: Math.max(before?.Maximum ?? value, value),
      Unit,
    };
    counts.set(key, { region, dimensions, metric, measured });
  }

  proxies.onPassed(({ region, client, server, discoveryName, passed }: PassedBetween) => {
    const ClusterName = nameIn(client.clusterArn);
    const ServiceName = nameIn(server);
    const asked = [{ DiscoveryName: discoveryName }, { ClusterName, ServiceName, DiscoveryName: discoveryName }];
    const asking = { ClusterName, ServiceName: client.group?.replace(/^service:/, "") ?? "" };
    const outgoing = [{ TargetDiscoveryName: discoveryName }, { ...asking, TargetDiscoveryName: discoveryName }];
    if ("connection" in passed) {
      for (const dimensions of asked) add(region, "NewConnectionCount", dimensions, 1, "Count");
      return;
    }
    const { status, seconds, bytes } = passed;
    for (const dimensions of asked) {
      add(region, "RequestCount", dimensions, 1, "Count");
      add(region, "ProcessedBytes", dimensions, bytes, "Bytes");
    }
    const targets = Math.max(1, runningTasks(region, region.ecs.services.get(server)));
    for (const dimensions of outgoing) {
      add(region, `HTTPCode_Target_${Math.floor(status / 100)}XX_Count`, dimensions, 1, "Count");
      add(region, "RequestCountPerTarget", dimensions, 1 / targets, "Count");
      add(region, "TargetProcessedBytes", dimensions, bytes, "Bytes");
      add(region, "TargetResponseTime", dimensions, seconds * 1000, "Milliseconds");
    }
  });

  return async (end) => {
    const at = new Date(end.getTime() - 1);
    const ended = counts;
    counts = new Map();
    for (const { region, dimensions, metric, measured } of ended.values()) {
      const SampleCount = measured.SampleCount * times;
      tell(region, metric, dimensions, { ...measured, Sum: measured.Sum * times, SampleCount }, at);
    }
    for (const region of world.regions()) {
      for (const service of region.ecs.services.all()) tellOfBalanced(region, service, end, at);
    }
  };
}

/** What load balancers send passes the proxy, too. */
function tellOfBalanced(
  region: Region,
  { clusterArn, serviceName, loadBalancers, hidden }: EcsService,
  end: Date,
  at: Date,
): void {
  for (const { portName = "", discoveryName = portName } of hidden.connected?.configuration.services ?? []) {
    for (const { targetGroupArn = "" } of loadBalancers) {
      const requests = requestsTo(region, targetGroupArn, new Date(end.getTime() - MINUTE));
      if (!requests) continue;
      const own = { ClusterName: nameIn(clusterArn), ServiceName: serviceName };
      tell(region, "RequestCount", { DiscoveryName: discoveryName }, requests, at);
      tell(region, "RequestCount", { ...own, DiscoveryName: discoveryName }, requests, at);
    }
  }
}

/** What a load balancer has told of a minute; undefined: nothing, or that there was nothing. */
function requestsTo(region: Region, targetGroupArn: string, from: Date): Measured | undefined {
  const [loadBalancer = ""] = region.elbv2.targetGroups.get(targetGroupArn)?.LoadBalancerArns ?? [];
  const Dimensions = [
    { Name: "LoadBalancer", Value: loadBalancer.replace(/^.*:loadbalancer\//, "") },
    { Name: "TargetGroup", Value: targetGroupArn.slice(targetGroupArn.lastIndexOf(":") + 1) },
  ];
  const metric = { Namespace: "AWS/ApplicationELB", MetricName: "RequestCount", Dimensions };
  const [measured] = measuredIn(region, metric, { from, seconds: 60, count: 1 });
  return measured && measured.Sum > 0 ? measured : undefined;
}

function runningTasks(region: Region, service: EcsService | undefined): number {
  return service ? tasksOf(region, service).filter(({ lastStatus }) => lastStatus === "RUNNING").length : 0;
}

function tell(
  region: Region,
  MetricName: string,
  dimensions: Readonly<Record<string, string>>,
  measured: Measured,
  at: Date,
): void {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  measure(region, { Namespace, MetricName, Dimensions }, at, measured);
}
