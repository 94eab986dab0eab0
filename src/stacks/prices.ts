import type { Cost } from "../engine/cost.ts";

// List prices in US dollars, us-east-1, on demand, without taxes and free tiers. Who has read them is in docs/aws-notes.md, "Prices".
/** When these were last checked against AWS's price list. */
export const PRICES_OF = "2026-11-22";

/** Linux instances per hour (price list: BoxUsage). */
const INSTANCE: Readonly<Record<string, number>> = { "t3.micro": 0.0104 };
/** PostgreSQL instances in one zone per hour (price list: InstanceUsage). MySQL's of the same class cost as much or less, as others publish them. */
const DATABASE: Readonly<Record<string, number>> = { "db.t3.micro": 0.018, "db.t4g.micro": 0.016 };
/** EBS volumes per GB and month (price list: EBS:VolumeUsage). */
const VOLUME = { gp2: 0.1, gp3: 0.08 } as const;
/** RDS storage per GB and month, of either type (price list: RDS:GP2-Storage, RDS:GP3-Storage). */
const DATABASE_STORAGE = 0.115;
/** An application load balancer per hour, without what it carries (price list: LoadBalancerUsage). */
const LOAD_BALANCER = 0.0225;
/** A public IPv4 address per hour, in use or idle (price list: PublicIPv4). */
const PUBLIC_ADDRESS = 0.005;
/** A NAT gateway per hour, without what goes through it (price list: NatGateway-Hours). */
const NAT_GATEWAY = 0.045;
/** Tasks on Fargate, Linux on x86, per vCPU and per GB of memory and hour (price list: Fargate-vCPU-Hours:perCPU, Fargate-GB-Hours). */
const FARGATE = { vcpu: 0.04048, gb: 0.004445 } as const;
/** A hosted zone per month, free if it is deleted within twelve hours (price list: HostedZone). */
const HOSTED_ZONE = 0.5;
/**
 * Metrics that Container Insights makes: 8 of the cluster, 6 of each task definition, 11 of each service (CloudWatch pricing, example of
 * Container Insights for ECS).
 */
const INSIGHTS_METRICS = { cluster: 8, taskDefinition: 6, service: 11 } as const;
/** A metric per month, of the first 10,000 (price list: CW:MetricMonitorUsage). */
const METRIC = 0.3;
/** A standard alarm per month, beyond ten in an account (price list: CW:AlarmMonitorUsage). */
const ALARM = 0.1;
/** What a processor costs per hour while it works above its machine's baseline (price list: CPUCredits). */
const SURPLUS: Readonly<Record<string, number>> = { t3: 0.05, t3a: 0.05, t4g: 0.04, "db.t3": 0.075, "db.t4g": 0.075 };
/** A secret per month (price list: AWSSecretsManager-Secrets). */
const SECRET = 0.4;
/** Hours of a month as AWS counts them. */
const MONTH = 730;

/** What a machine is made of, as far as AWS bills it. */
export interface BilledMachine {
  readonly instanceType: string;
  /** Size in GiB. */
  readonly volume: { readonly size: number; readonly type: "gp2" | "gp3" };
  readonly publicAddresses: number;
}

/** What a database is, as far as AWS bills it. */
export interface BilledDatabase {
  readonly engine: "postgres" | "mysql";
  readonly instanceClass: string;
  /** Size in GiB. */
  readonly storage: { readonly size: number; readonly type: string };
}

/** A machine that runs all the time. */
export function instanceCost(part: string, { instanceType, volume, publicAddresses }: BilledMachine): Cost {
  const hour = INSTANCE[instanceType];
  const detail = `${instanceType}, ${volume.size} GB ${volume.type}, ${addresses(publicAddresses)}${surplus(instanceType)}`;
  if (hour === undefined) return { part, perHour: "unknown", detail };
  const perHour = hour + (volume.size * VOLUME[volume.type]) / MONTH + publicAddresses * PUBLIC_ADDRESS;
  return { part, perHour, detail };
}

/** Several machines of the same sort. */
export function instancesCost(part: string, count: number, machine: BilledMachine): Cost {
  const { perHour, detail } = instanceCost(part, machine);
  return { part, perHour: typeof perHour === "number" ? perHour * count : perHour, detail: `${count} × ${detail}` };
}

/** A database in one zone, without a public address. MySQL's price is an estimate, and says so. */
export function databaseCost(part: string, { engine, instanceClass, storage }: BilledDatabase): Cost {
  const hour = DATABASE[instanceClass];
  const estimate = engine === "mysql" ? " (an estimate: PostgreSQL's price, AWS's list was not read for MySQL)" : "";
  const detail = `${instanceClass}${estimate}, ${storage.size} GB ${storage.type}${surplus(instanceClass)}`;
  if (hour === undefined) return { part, perHour: "unknown", detail };
  return { part, perHour: hour + (storage.size * DATABASE_STORAGE) / MONTH, detail };
}

/** An application load balancer, which has a public address in each of its zones; what goes through it comes on top. */
export function loadBalancerCost(part: string, zones: number): Cost {
  const detail = `application load balancer, ${addresses(zones)}; $0.008 per LCU-hour on top`;
  return { part, perHour: LOAD_BALANCER + zones * PUBLIC_ADDRESS, detail };
}

/** Tasks on Fargate that run all the time. */
export function fargateCost(
  part: string,
  count: number,
  { cpu, memory, isPublic }: { readonly cpu: number; readonly memory: number; readonly isPublic: boolean },
): Cost {
  const [vcpus, gb] = [cpu / 1024, memory / 1024];
  const perTask = vcpus * FARGATE.vcpu + gb * FARGATE.gb + (isPublic ? PUBLIC_ADDRESS : 0);
  const detail = `${count} × Fargate, ${vcpus} vCPU, ${gb} GB${isPublic ? `, ${addresses(1)}` : ""}`;
  return { part, perHour: count * perTask, detail };
}

/** Alarms of a scaling policy. What it may add while there is much to do comes on top. */
export function scalingCost(part: string, alarms: number, { perHour, detail }: Cost): Cost {
  const atMost =
    typeof perHour === "number" && perHour > 0 ? `; at most ${detail}, $${perHour.toFixed(4)} an hour, on top` : "";
  return {
    part,
    perHour: (alarms * ALARM) / MONTH,
    detail: `${alarms === 1 ? "1 alarm" : `${alarms} alarms`}${atMost}`,
  };
}

/** NAT gateways, each with its public address; what goes through them comes on top. */
export function natGatewayCost(part: string, count: number): Cost {
  const each = `NAT gateway, ${addresses(1)}`;
  const detail = `${count === 1 ? each : `${count} × ${each} each`}; $0.045 per GB on top`;
  return { part, perHour: count * (NAT_GATEWAY + PUBLIC_ADDRESS), detail };
}

/** A hosted zone, free if it is deleted within twelve hours. */
export function hostedZoneCost(part: string): Cost {
  return { part, perHour: HOSTED_ZONE / MONTH, detail: "hosted zone; $0.40 per million queries on top" };
}

/** A secret of Secrets Manager; reading it comes on top. */
export function secretCost(part: string): Cost {
  return { part, perHour: SECRET / MONTH, detail: "secret; $0.05 per 10,000 calls on top" };
}

/** A table of DynamoDB that is paid for by the request. */
export function tableCost(part: string): Cost {
  return { part, perHour: "by use", detail: "$0.625 per million writes, $0.125 per million reads" };
}

/** Images in ECR. */
export function repositoryCost(part: string): Cost {
  return { part, perHour: "by use", detail: "$0.10 per GB of images and month" };
}

/** What tasks print, in CloudWatch Logs (price list: DataProcessing-Bytes, TimedStorage-ByteHrs). */
export function logGroupCost(part: string): Cost {
  return { part, perHour: "by use", detail: "$0.50 per GB that is logged, $0.03 per GB and month that is kept" };
}

/** CloudWatch Container Insights on a cluster with so many services, each with a task definition of its own; none when it is off. */
export function containerInsightsCost(
  part: string,
  mode: "enabled" | "enhanced" | "disabled",
  services: number,
): Cost[] {
  if (mode === "disabled") return [];
  if (mode === "enhanced") {
    return [{ part, perHour: "by use", detail: "Container Insights, enhanced: $0.07 per metric and month" }];
  }
  const metrics = INSIGHTS_METRICS.cluster + services * (INSIGHTS_METRICS.taskDefinition + INSIGHTS_METRICS.service);
  const of = services === 1 ? "1 service" : `${services} services`;
  const detail = `Container Insights, about ${metrics} metrics of ${of} at $0.30 a month`;
  return [{ part, perHour: (metrics * METRIC) / MONTH, detail }];
}

/** Machines of these families work above their baseline for money unless somebody forbids it (unlimited mode, the default). */
function surplus(type: string): string {
  const price = SURPLUS[type.slice(0, type.lastIndexOf("."))];
  return price === undefined ? "" : `; $${price} per vCPU-hour above its baseline on top`;
}

function addresses(count: number): string {
  return count === 1 ? "1 public IPv4 address" : `${count} public IPv4 addresses`;
}
