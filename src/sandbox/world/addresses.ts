import { randomInt } from "node:crypto";
import type { Region } from "./world.ts";

/** Addresses of a loopback network that may be given away. */
const LOOPBACK_ADDRESSES = 2 ** 16 - 1;

/** AWS keeps the first four addresses of a subnet, and the last. */
const RESERVED = 4;

/** Private addresses of a subnet that nothing has; undefined: there are not as many left. */
export function freePrivateAddresses(region: Region, subnetId: string, count: number): string[] | undefined {
  const free: string[] = [];
  const addresses = privateAddresses(region, subnetId);
  while (free.length < count) {
    const { value } = addresses.next();
    if (value === undefined) return undefined;
    free.push(value);
  }
  return free;
}

/** All private addresses of a subnet that nothing has now, one after the other. */
export function privateAddresses(region: Region, subnetId: string): Iterator<string, undefined> {
  const block = region.ec2.subnets.get(subnetId)?.CidrBlock ?? "0.0.0.0/32";
  const [network = "", length] = block.split("/");
  const taken = region.ec2.networkInterfaces.all().map(({ PrivateIpAddress }) => PrivateIpAddress);
  return freeAddresses(network, RESERVED, 2 ** (32 - Number(length)) - 1, taken);
}

/** Which addresses of the loopback network are this computer's: all, as on Linux, or 127.0.0.1 alone, as on macOS. */
export type Loopback = "network" | "one address";

/**
 * A public address that nothing has. It is one of the loopback network, so that whatever is sent to it stays on this
 * computer: any other address belongs to somebody. Where this computer has one such address, all instances share it.
 */
export function freePublicAddress(regions: readonly Region[], loopback: Loopback): string {
  return freeLoopbackAddress("127.18.0.0", publicAddresses(regions), loopback);
}

/** An elastic address that nothing has. Nobody listens there by itself, so each has one of its own on every computer. */
export function freeElasticAddress(regions: readonly Region[]): string {
  return freeLoopbackAddress("127.18.0.0", publicAddresses(regions), "network");
}

function publicAddresses(regions: readonly Region[]): (string | undefined)[] {
  return regions.flatMap(({ ec2 }) => [
    ...ec2.networkInterfaces.all().map(({ Association }) => Association?.PublicIp),
    ...ec2.addresses.all().map(({ PublicIp }) => PublicIp),
  ]);
}

/** An address of this computer that no other database is reached at. */
export function freeDatabaseAddress(regions: readonly Region[], loopback: Loopback): string {
  const taken = regions.flatMap(({ rds }) => rds.dbInstances.all().map(({ hidden }) => hidden.address));
  return freeLoopbackAddress("127.19.0.0", taken, loopback);
}

function freeLoopbackAddress(network: string, taken: readonly (string | undefined)[], loopback: Loopback): string {
  if (loopback === "one address") return "127.0.0.1";
  // Any, as on AWS: what another sandbox on this computer has shall be somewhere else.
  const start = randomInt(1, LOOPBACK_ADDRESSES);
  const later = freeAddresses(network, start, LOOPBACK_ADDRESSES, taken).next().value;
  return later ?? freeAddresses(network, 1, start, taken).next().value ?? "127.0.0.1";
}

/** The free ones of a network, beginning with that at `start` and ending before that at `end`. */
function* freeAddresses(
  network: string,
  start: number,
  end: number,
  taken: readonly (string | undefined)[],
): Generator<string, undefined> {
  const base = network.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const used = new Set(taken);
  for (let offset = start; offset < end; offset++) {
    const number = base + offset;
    const address = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
    if (!used.has(address)) yield address;
  }
}
