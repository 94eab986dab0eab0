import { randomInt } from "node:crypto";
import type { Region } from "./world.ts";

const PUBLIC_ADDRESSES = 2 ** 16 - 1;

/** AWS keeps the first four addresses of a subnet, and the last. */
const RESERVED = 4;

/** A private address of a subnet that nothing has; undefined: there is none left. */
export function freePrivateAddress(region: Region, subnetId: string): string | undefined {
  const block = region.ec2.subnets.get(subnetId)?.CidrBlock ?? "0.0.0.0/32";
  const [network = "", length] = block.split("/");
  const taken = region.ec2.networkInterfaces.all().map(({ PrivateIpAddress }) => PrivateIpAddress);
  return firstFree(network, RESERVED, 2 ** (32 - Number(length)) - 1, taken);
}

/** Which addresses of the loopback network are this computer's: all, as on Linux, or 127.0.0.1 alone, as on macOS. */
export type Loopback = "network" | "one address";

/**
 * A public address that nothing has. It is one of the loopback network, so that whatever is sent to it stays on this
 * computer: any other address belongs to somebody. Where this computer has one such address, all instances share it.
 */
export function freePublicAddress(regions: readonly Region[], loopback: Loopback): string {
  if (loopback === "one address") return "127.0.0.1";
  const taken = regions.flatMap(({ ec2 }) =>
    ec2.networkInterfaces.all().map(({ Association }) => Association?.PublicIp),
  );
  // Any, as on AWS: the machines of another sandbox on this computer shall have others.
  const start = randomInt(1, PUBLIC_ADDRESSES);
  return (
    firstFree("127.18.0.0", start, PUBLIC_ADDRESSES, taken) ?? firstFree("127.18.0.0", 1, start, taken) ?? "127.0.0.1"
  );
}

function firstFree(
  network: string,
  start: number,
  end: number,
  taken: readonly (string | undefined)[],
): string | undefined {
  const base = network.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const used = new Set(taken);
  for (let offset = start; offset < end; offset++) {
    const number = base + offset;
    const address = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
    if (!used.has(address)) return address;
  }
  return undefined;
}
