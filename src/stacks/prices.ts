// List prices in US dollars, us-east-1, on demand, without taxes and free tiers.
/** When these were last checked against AWS's price list. */
export const PRICES_OF = "2026-11-22";

/** Linux instances per hour (price list: BoxUsage). */
const INSTANCE: Readonly<Record<string, number>> = { "t3.micro": 0.0104 };
/** PostgreSQL instances in one zone per hour (price list: InstanceUsage). */
const DATABASE: Readonly<Record<string, number>> = { "db.t3.micro": 0.018 };
/** EBS volumes per GB and month (price list: EBS:VolumeUsage). */
const VOLUME = { gp2: 0.1, gp3: 0.08 } as const;
/** RDS storage per GB and month, of either type (price list: RDS:GP2-Storage, RDS:GP3-Storage). */
const DATABASE_STORAGE = 0.115;
/** An application load balancer per hour, without what it carries (price list: LoadBalancerUsage). */
const LOAD_BALANCER = 0.0225;
/** A public IPv4 address per hour, in use or idle (price list: PublicIPv4). */
const PUBLIC_ADDRESS = 0.005;
/** A hosted zone per month, free if it is deleted within twelve hours (price list: HostedZone). */
const HOSTED_ZONE = 0.5;
/** Hours of a month as AWS counts them. */
const MONTH = 730;

/** What a machine is made of, as far as AWS bills it. */
export interface BilledMachine {
  readonly instanceType: string;
  /** Size in GiB. */
  readonly volume: { readonly size: number; readonly type: "gp2" | "gp3" };
  readonly publicAddresses: number;
}

/** US dollars per hour of a machine; undefined when the price of its type is not known here. */
export function instanceHour({ instanceType, volume, publicAddresses }: BilledMachine): number | undefined {
  const hour = INSTANCE[instanceType];
  if (hour === undefined) return undefined;
  return hour + (volume.size * VOLUME[volume.type]) / MONTH + publicAddresses * PUBLIC_ADDRESS;
}

/** US dollars per hour of a database that is not public; undefined when the price of its class is not known here. */
export function databaseHour(instanceClass: string, storage: { readonly size: number }): number | undefined {
  const hour = DATABASE[instanceClass];
  return hour === undefined ? undefined : hour + (storage.size * DATABASE_STORAGE) / MONTH;
}

/** US dollars per hour of a load balancer, which has a public address in each of its zones. */
export function loadBalancerHour(zones: number): number {
  return LOAD_BALANCER + zones * PUBLIC_ADDRESS;
}

/** US dollars per hour of a hosted zone. */
export function hostedZoneHour(): number {
  return HOSTED_ZONE / MONTH;
}
