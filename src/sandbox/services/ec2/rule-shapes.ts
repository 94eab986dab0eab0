import { isIPv4, isIPv6 } from "node:net";
import type { IpPermission, SecurityGroupRuleRequest } from "@aws-sdk/client-ec2";
import { honouring, invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import { entry } from "../../world/entry.ts";
import type { SecurityGroupRule } from "../../world/records.ts";

/** What a rule allows: protocol, ports and one source (or destination). */
export type Permission = Pick<SecurityGroupRule, "IpProtocol"> & {
  FromPort: number;
  ToPort: number;
  CidrIpv4?: string;
  CidrIpv6?: string;
  /** Id of the group that is the source. */
  groupId?: string;
  Description?: string;
};

const PROTOCOLS: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", all: "-1" };
/** Characters of descriptions: of rules for addresses, and of those for the members of a group. (IpRange, UserIdGroupPair) */
const DESCRIPTION = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const DESCRIPTION_OF_GROUP = /^[a-zA-Z0-9. _\-:/()#,@[\]+=;{}!$*]{0,255}$/;

/** One permission per source. @throws AwsError if AWS would refuse one of them, or two are the same */
export function readPermissions(permissions: readonly IpPermission[] | undefined): Permission[] {
  if (!permissions?.length) throw missingParameter("ipPermissions");
  const read = permissions.flatMap(readPermission);
  const keys = read.map(keyOf);
  if (new Set(keys).size < keys.length) throw invalidValue("The same permission must not appear multiple times");
  return read;
}

/** A rule as ModifySecurityGroupRules gives it. */
export function readRule(rule: SecurityGroupRuleRequest): Permission {
  honouring(
    rule,
    ["IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "ReferencedGroupId", "Description"],
    "SecurityGroupRule",
  );
  const { CidrIpv4, CidrIpv6, ReferencedGroupId, Description } = rule;
  const sources = [
    ...(CidrIpv4 ? [{ CidrIpv4: ipv4Block(CidrIpv4) }] : []),
    ...(CidrIpv6 ? [{ CidrIpv6: ipv6Block(CidrIpv6) }] : []),
    ...(ReferencedGroupId ? [{ groupId: ReferencedGroupId }] : []),
  ];
  const [source] = sources;
  if (!source || sources.length > 1) {
    throw invalidValue("You must specify exactly one of CidrIpv4, CidrIpv6, PrefixListId or ReferencedGroupId");
  }
  return { ...readPorts(rule), ...source, ...described(Description, "groupId" in source) };
}

/** Two rules of a group with the same key are one to AWS, whatever their descriptions. */
export function keyOf({ IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, groupId }: Permission): string {
  return [IpProtocol, FromPort, ToPort, CidrIpv4 ?? CidrIpv6 ?? groupId].join(" ");
}

/** A rule's permission. */
export function permissionIn(rule: SecurityGroupRule): Permission {
  const { IpProtocol, FromPort = -1, ToPort = -1, CidrIpv4, CidrIpv6, ReferencedGroupInfo, Description } = rule;
  const groupId = ReferencedGroupInfo?.GroupId;
  return {
    IpProtocol,
    FromPort,
    ToPort,
    ...(CidrIpv4 && { CidrIpv4 }),
    ...(CidrIpv6 && { CidrIpv6 }),
    ...(groupId && { groupId }),
    ...(Description && { Description }),
  };
}

/** A permission as AWS's refusal of a duplicate words it. */
export function inWords({ IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, groupId }: Permission): string {
  const peer = CidrIpv4 ?? CidrIpv6 ?? groupId;
  if (IpProtocol === "-1") return `peer: ${peer}, ALL, ALLOW`;
  return `peer: ${peer}, ${IpProtocol.toUpperCase()}, from port: ${FromPort}, to port: ${ToPort}, ALLOW`;
}

function readPermission(permission: IpPermission): Permission[] {
  honouring(
    permission,
    ["IpProtocol", "FromPort", "ToPort", "IpRanges", "Ipv6Ranges", "UserIdGroupPairs"],
    "IpPermissions",
  );
  const ports = readPorts(permission);
  const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] } = permission;
  const read = [
    ...IpRanges.map(({ CidrIp, Description }) => ({
      ...ports,
      CidrIpv4: ipv4Block(CidrIp),
      ...described(Description),
    })),
    ...Ipv6Ranges.map(({ CidrIpv6, Description }) => ({
      ...ports,
      CidrIpv6: ipv6Block(CidrIpv6),
      ...described(Description),
    })),
    ...UserIdGroupPairs.map((pair) => {
      honouring(pair, ["GroupId", "UserId", "VpcId", "Description"], "IpPermissions.UserIdGroupPairs");
      if (!pair.GroupId) throw missingParameter("IpPermissions.UserIdGroupPairs.GroupId");
      return { ...ports, groupId: pair.GroupId, ...described(pair.Description, true) };
    }),
  ];
  if (read.length === 0) throw missingParameter("IpPermissions.IpRanges");
  return read;
}

function readPorts({
  IpProtocol: given,
  FromPort,
  ToPort,
}: Pick<IpPermission, "IpProtocol" | "FromPort" | "ToPort">): Pick<Permission, "IpProtocol" | "FromPort" | "ToPort"> {
  const IpProtocol = entry(PROTOCOLS, given?.toLowerCase() ?? "") ?? given?.toLowerCase();
  if (!IpProtocol) throw missingParameter("IpPermissions.IpProtocol");
  if (IpProtocol === "-1") return { IpProtocol, FromPort: -1, ToPort: -1 };
  if (IpProtocol === "icmp" || IpProtocol === "icmpv6") {
    return { IpProtocol, FromPort: FromPort ?? -1, ToPort: ToPort ?? -1 };
  }
  if (IpProtocol !== "tcp" && IpProtocol !== "udp") {
    const number = Number(IpProtocol);
    if (!Number.isInteger(number) || number < 0 || number > 255) {
      throw invalidValue(`Invalid value '${given}' for IP protocol. Unknown protocol.`);
    }
    return { IpProtocol, FromPort: -1, ToPort: -1 };
  }
  if (FromPort === undefined || ToPort === undefined) {
    throw invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
  }
  for (const port of [FromPort, ToPort]) {
    if (port < 0 || port > 65535) throw invalidValue(`TCP/UDP port (${port}) out of range`);
  }
  if (FromPort > ToPort) {
    throw invalidValue(`Invalid TCP port range (${FromPort}:${ToPort}): the first port is greater than the last`);
  }
  return { IpProtocol, FromPort, ToPort };
}

/** AWS keeps the network, whatever host in it was given. */
function ipv4Block(block = ""): string {
  const [address = "", length = ""] = block.split("/");
  const bits = Number(length);
  if (!isIPv4(address) || !/^\d+$/.test(length) || bits > 32) throw malformed(block);
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const network = bits === 0 ? 0 : Math.floor(number / 2 ** (32 - bits)) * 2 ** (32 - bits);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join(".")}/${bits}`;
}

function ipv6Block(block = ""): string {
  const [address = "", length = ""] = block.split("/");
  if (!isIPv6(address) || !/^\d+$/.test(length) || Number(length) > 128) throw malformed(block);
  return block.toLowerCase();
}

function malformed(block: string) {
  return invalidValue(`CIDR block ${block} is malformed`);
}

function described(description: string | undefined, ofGroup = false): { Description?: string } {
  checkDescription(description, ofGroup);
  return description ? { Description: description } : {};
}

/** @throws AwsError for a description that AWS does not take; one of a rule for the members of a group has no `&` */
export function checkDescription(description = "", ofGroup: boolean): void {
  const allowed = ofGroup ? DESCRIPTION_OF_GROUP : DESCRIPTION;
  if (!allowed.test(description)) {
    throw invalidValue(
      "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
  }
}
