import { type EC2Client, paginateDescribeSecurityGroups } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import type { Blocker } from "../../engine/task.ts";
import { interfaceInWords, interfacesOf, ownersThatStay } from "./interface-owners.ts";

/**
 * What keeps a security group from being deleted (ec2:DeleteSecurityGroup, DependencyViolation): network interfaces and rules of
 * other groups. An interface goes by itself some time after what it belongs to (an instance that ends, a load balancer or a
 * database that is deleted); what stays until a person does something is named alone.
 */
export async function holderOf(aws: Aws, groupId: string): Promise<Blocker | undefined> {
  const [interfaces, incoming, outgoing] = await Promise.all([
    interfacesOf(aws, [{ Name: "group-id", Values: [groupId] }]),
    groupsThatMention(aws.ec2, groupId, "ip-permission.group-id"),
    groupsThatMention(aws.ec2, groupId, "egress.ip-permission.group-id"),
  ]);
  const groups = [...new Set([...incoming, ...outgoing])];
  const owners = await ownersThatStay(aws, interfaces, ({ VpcSecurityGroups = [] }) =>
    VpcSecurityGroups.some(({ VpcSecurityGroupId }) => VpcSecurityGroupId === groupId),
  );
  const staying = [...owners, ...groups.map((group) => `a rule of security group ${group}`)];
  if (staying.length > 0) return { by: staying.join(", "), next: nextStep(groupId, owners, groups) };
  return interfaces.length > 0 ? { by: interfaces.map(interfaceInWords).join(", ") } : undefined;
}

function nextStep(groupId: string, owners: readonly string[], groups: readonly string[]): string {
  const steps = [
    ...owners.map((owner) => `Delete ${owner}, or give it another security group than ${groupId}.`),
    ...(groups.length > 0 ? [`Delete the rules that mention ${groupId} from ${groups.join(" and ")}.`] : []),
  ];
  return `${steps.join(" ")} Then run the same command again.`;
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
