import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { paginateListServices } from "@aws-sdk/client-ecs";
import { nameIn } from "./arn.ts";
import type { Clients } from "./clients.ts";
import { isCode } from "./errors.ts";

/** Per cent of what the tasks of a service reserve that they used in the last minute that CloudWatch knows of; absent: it knows of none. */
export interface ServiceUsage {
  readonly cpu?: number;
  readonly memory?: number;
}

/** CloudWatch has a minute's values some minutes later. */
const LOOK_BACK = 10 * 60_000;
/** Queries that one call takes. (GetMetricData) */
const MOST = 500;

/** What the services of a cluster use, by their names. Two calls; each metric that is read is billed on aws. Of a cluster that is not there nothing. */
export async function serviceUsage(
  { ecs, cloudWatch }: Pick<Clients, "ecs" | "cloudWatch">,
  cluster: string,
  now: number,
): Promise<Record<string, ServiceUsage>> {
  const services = await servicesIn(ecs, cluster);
  if (services.length === 0) return {};
  const request = new GetMetricDataCommand({
    MetricDataQueries: services.flatMap((service, index) => queriesOf(cluster, service, index)).slice(0, MOST),
    StartTime: new Date(now - LOOK_BACK),
    EndTime: new Date(now),
    ScanBy: "TimestampDescending",
  });
  const { MetricDataResults = [] } = await cloudWatch.send(request);
  const newest = (id: string) => MetricDataResults.find(({ Id }) => Id === id)?.Values?.[0];
  return Object.fromEntries(
    services.map((service, index) => {
      const [cpu, memory] = [newest(`cpu${index}`), newest(`memory${index}`)];
      return [service, { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) }];
    }),
  );
}

async function servicesIn(ecs: Clients["ecs"], cluster: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { serviceArns = [] } of paginateListServices({ client: ecs }, { cluster }))
      names.push(...serviceArns.map(nameIn));
    return names;
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException")) return [];
    throw error;
  }
}

function queriesOf(cluster: string, service: string, index: number): MetricDataQuery[] {
  const Dimensions = [
    { Name: "ClusterName", Value: cluster },
    { Name: "ServiceName", Value: service },
  ];
  return [
    { Id: `cpu${index}`, MetricName: "CPUUtilization" },
    { Id: `memory${index}`, MetricName: "MemoryUtilization" },
  ].map(({ Id, MetricName }) => ({
    Id,
    MetricStat: { Metric: { Namespace: "AWS/ECS", MetricName, Dimensions }, Stat: "Average", Period: 60 },
  }));
}
