import { measure } from "../world/cloudwatch/metrics.ts";
import { ignoreLoss } from "../world/logs/ignore-loss.ts";
import type { Cluster } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { clusterEvent, type Insights, type InsightsEvent, serviceEvent, taskEvents } from "./insights-events.ts";
import type { TaskUse } from "./task-usage.ts";

const Namespace = "ECS/ContainerInsights";
const MINUTE = 60_000;
/** Days that events are kept where CloudWatch has to make their log group. */
const RETENTION = 1;

/** How a cluster is observed; undefined: it is not. */
export function insightsOf({ settings, status }: Cluster): Insights | undefined {
  const value = settings.find(({ name }) => name === "containerInsights")?.value;
  return status === "ACTIVE" && (value === "enabled" || value === "enhanced") ? value : undefined;
}

/**
 * What Container Insights tells of clusters that have it on about the minute that ends now: performance events in a log group of the
 * cluster's, made if it is not there, and the metrics of ECS/ContainerInsights that follow from them.
 *
 * @param uses what running tasks used in that minute
 */
export async function tellInsights(world: World, uses: readonly TaskUse[], end: Date): Promise<void> {
  for (const region of world.regions()) {
    for (const cluster of region.ecs.clusters.all()) {
      const insights = insightsOf(cluster);
      if (!insights) continue;
      const events = eventsOf(world, region, cluster, insights, uses);
      for (const event of events) measureEvent(region, event, new Date(end.getTime() - 1));
      await write(world, region, cluster, events, end.getTime() - MINUTE).catch(ignoreLoss);
    }
  }
}

function eventsOf(
  world: World,
  region: Region,
  cluster: Cluster,
  insights: Insights,
  uses: readonly TaskUse[],
): InsightsEvent[] {
  const { clusterArn } = cluster;
  const services = region.ecs.services.filter((one) => one.clusterArn === clusterArn && one.status !== "INACTIVE");
  const own = uses.filter((use) => use.region === region && use.task.clusterArn === clusterArn);
  return [
    clusterEvent(region, cluster),
    ...services.map((service) => serviceEvent(region, cluster, service)),
    ...own.flatMap((use) => taskEvents(use, cluster, world.account, insights)),
  ];
}

function measureEvent(region: Region, { fields, metrics, dimensions }: InsightsEvent, at: Date): void {
  for (const names of dimensions) {
    const Dimensions = names.map((Name) => ({ Name, Value: String(fields[Name]) }));
    for (const { name: MetricName, unit: Unit, value } of metrics) {
      const measured = { Sum: value, SampleCount: 1, Minimum: value, Maximum: value, Unit };
      measure(region, { Namespace, MetricName, Dimensions }, at, measured);
    }
  }
}

async function write(
  world: World,
  region: Region,
  { clusterName }: Cluster,
  events: readonly InsightsEvent[],
  timestamp: number,
): Promise<void> {
  const group = `/aws/ecs/containerinsights/${clusterName}/performance`;
  const made = world.logs.createGroup(region.name, group);
  if (made) region.logs.groups.put({ ...made, retentionInDays: RETENTION });
  for (const stream of new Set(events.map((event) => event.stream))) {
    const sent = events
      .filter((event) => event.stream === stream)
      .map((event) => ({ timestamp, message: messageOf(event, timestamp) }));
    await world.logs.append(region.name, group, stream, sent);
  }
}

/** As CloudWatch's embedded metric format has it, where there are metrics. */
function messageOf({ fields, metrics, dimensions }: InsightsEvent, Timestamp: number): string {
  const Metrics = metrics.map(({ name, unit }) => ({ Name: name, Unit: unit }));
  const CloudWatchMetrics = [{ Namespace, Metrics, Dimensions: dimensions }];
  return JSON.stringify({ Version: "0", ...fields, Timestamp, ...(metrics.length > 0 && { CloudWatchMetrics }) });
}
