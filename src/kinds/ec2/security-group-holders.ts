import {
  type EC2Client,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import type { Blocker } from "../../engine/task.ts";

/**
 * What keeps a security group from being deleted (ec2:DeleteSecurityGroup, DependencyViolation): network interfaces, which go
 * some time after what they belong to, and rules of other groups, which stay until somebody takes them away.
 */
export async function holderOf({ ec2 }: Aws, groupId: string): Promise<Blocker | undefined> {
  const [interfaces, incoming, outgoing] = await Promise.all([
    interfacesOf(ec2, groupId),
    groupsThatMention(ec2, groupId, "ip-permission.group-id"),
    groupsThatMention(ec2, groupId, "egress.ip-permission.group-id"),
  ]);
  const groups = [...new Set([...incoming, ...outgoing])];
  const held = [...interfaces.map(inWords), ...groups.map((group) => `a rule of security group ${group}`)];
  if (held.length === 0) return undefined;
  const by = held.join(", ");
  if (interfaces.length > 0) return { by };
  return {
    by,
    next: `Delete the rules that mention ${groupId} from ${groups.join(" and ")} in the EC2 console, then run the same command again.`,
  };
}

async function interfacesOf(ec2: EC2Client, groupId: string): Promise<NetworkInterface[]> {
  const Filters = [{ Name: "group-id", Values: [groupId] }];
  const interfaces: NetworkInterface[] = [];
  for await (const page of paginateDescribeNetworkInterfaces({ client: ec2 }, { Filters })) {
    interfaces.push(...(page.NetworkInterfaces ?? []));
  }
  return interfaces;
}

/** Other groups with a rule whose source or destination is this one: `name (id)`. */
async function groupsThatMention(ec2: EC2Client, groupId: string, Name: string): Promise<string[]> {
  const groups: string[] = [];
  for await (const page of paginateDescribeSecurityGroups(
    { client: ec2 },
    { Filters: [{ Name, Values: [groupId] }] },
  )) {
    for (const { GroupId, GroupName } of page.SecurityGroups ?? []) {
      if (GroupId !== groupId) groups.push(`${GroupName} (${GroupId})`);
    }
  }
  return groups;
}

function inWords({ NetworkInterfaceId, Description, Attachment }: NetworkInterface): string {
  const of = Description || (Attachment?.InstanceId && `instance ${Attachment.InstanceId}`);
  return of ? `interface ${NetworkInterfaceId} (${of})` : `interface ${NetworkInterfaceId}`;
}
