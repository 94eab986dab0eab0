import type { SecurityGroupRule } from "../records.ts";
import type { Region } from "../region.ts";

/** One end of a connection within a VPC. */
export interface End {
  /** Ids of its security groups. */
  readonly groups: readonly string[];
  /** Its addresses; any of them may be the one. */
  readonly addresses: readonly string[];
}

/** Whether a rule of the groups of `to` lets `from` in on a TCP port, by one of its groups or by its address. */
export function letsIn(region: Region, from: End, to: End, port: number): boolean {
  return rulesFor(region, to, port, false).some((rule) => isAbout(rule, from));
}

/** Whether a rule of the groups of `from` lets it out to a TCP port of `to`. */
export function letsOut(region: Region, from: End, to: End, port: number): boolean {
  return rulesFor(region, from, port, true).some((rule) => isAbout(rule, to));
}

/**
 * Whether this computer may connect: if a rule opens the port to any addresses. To which ones is not looked at, because no
 * address of AWS's is this computer's.
 */
export function letsClientsIn(region: Region, to: End, port: number): boolean {
  return rulesFor(region, to, port, false).some(
    ({ CidrIpv4, CidrIpv6 }) => CidrIpv4 !== undefined || CidrIpv6 !== undefined,
  );
}

function rulesFor({ ec2 }: Region, { groups }: End, port: number, isEgress: boolean): SecurityGroupRule[] {
  return ec2.securityGroupRules.filter(({ GroupId, IsEgress, IpProtocol, FromPort = -1, ToPort = -1 }) => {
    if (IsEgress !== isEgress || !groups.includes(GroupId)) return false;
    return IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && port <= ToPort);
  });
}

function isAbout({ ReferencedGroupInfo, CidrIpv4 }: SecurityGroupRule, { groups, addresses }: End): boolean {
  if (ReferencedGroupInfo) return groups.includes(ReferencedGroupInfo.GroupId ?? "");
  return CidrIpv4 !== undefined && addresses.some((address) => contains(CidrIpv4, address));
}

function contains(block: string, address: string): boolean {
  const [network = "", length = "32"] = block.split("/");
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(network) / size) === Math.floor(numberOf(address) / size);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
