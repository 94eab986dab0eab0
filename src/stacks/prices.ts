// List prices, last checked against AWS's price list on 2026-11-22.

/** US dollars per hour, Linux, on demand, us-east-1 (price list: BoxUsage). */
const INSTANCE: Readonly<Record<string, number>> = { "t3.micro": 0.0104 };
/** US dollars per GB and month (price list: EBS:VolumeUsage). */
const VOLUME = { gp2: 0.1, gp3: 0.08 } as const;
/** US dollars per public IPv4 address and hour, in use or idle (price list: PublicIPv4). */
const PUBLIC_ADDRESS = 0.005;
/** Hours of a month as AWS counts them. */
const MONTH = 730;

/** What a machine is made of, as far as AWS bills it. */
export interface BilledMachine {
  readonly instanceType: string;
  readonly volume: { readonly size: number; readonly type: "gp2" | "gp3" };
  readonly publicAddresses: number;
}

/** US dollars per hour of a machine; undefined when the price of its type is not known here. */
export function instanceHour({ instanceType, volume, publicAddresses }: BilledMachine): number | undefined {
  const hour = INSTANCE[instanceType];
  if (hour === undefined) return undefined;
  return hour + (volume.size * VOLUME[volume.type]) / MONTH + publicAddresses * PUBLIC_ADDRESS;
}
