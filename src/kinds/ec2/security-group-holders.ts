import {
  type EC2Client,
  type NetworkInterface,
  paginateDescribeInstances,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
} from "@aws-sdk/client-ec2";
import { DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { paginateDescribeDBInstances } from "@aws-sdk/client-rds";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import type { Blocker } from "../../engine/task.ts";

/**
 * What keeps a security group from being deleted (ec2:DeleteSecurityGroup, DependencyViolation): network interfaces and rules of
 * other groups. An interface goes by itself some time after what it belongs to (an instance that ends, a load balancer or a
 * database that is deleted); what stays until a person does something is named alone.
 */
export async function holderOf(aws: Aws, groupId: string): Promise<Blocker | undefined> {
  const [interfaces, incoming, outgoing] = await Promise.all([
    interfacesOf(aws.ec2, groupId),
    groupsThatMention(aws.ec2, groupId, "ip-permission.group-id"),
    groupsThatMention(aws.ec2, groupId, "egress.ip-permission.group-id"),
  ]);
  const groups = [...new Set([...incoming, ...outgoing])];
  const owners = await ownersThatStay(aws, groupId, interfaces);
  const staying = [...owners, ...groups.map((group) => `a rule of security group ${group}`)];
  if (staying.length > 0) return { by: staying.join(", "), next: nextStep(groupId, owners, groups) };
  return interfaces.length > 0 ? { by: interfaces.map(inWords).join(", ") } : undefined;
}

function nextStep(groupId: string, owners: readonly string[], groups: readonly string[]): string {
  const steps = [
    ...owners.map((owner) => `Delete ${owner}, or give it another security group than ${groupId}.`),
    ...(groups.length > 0 ? [`Delete the rules that mention ${groupId} from ${groups.join(" and ")}.`] : []),
  ];
  return `${steps.join(" ")} Then run the same command again.`;
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

/** What the interfaces belong to, as far as nobody is deleting it, each in words and once. */
async function ownersThatStay(aws: Aws, groupId: string, interfaces: readonly NetworkInterface[]): Promise<string[]> {
  const of = (owner: Owner) => interfaces.filter((one) => ownerOf(one) === owner);
  const [instances, balancers, databases] = await Promise.all([
    livingInstances(aws, of("instance")),
    livingBalancers(aws, of("load balancer")),
    of("database").length > 0 ? livingDatabases(aws, groupId) : [],
  ]);
  return [...new Set([...instances, ...balancers, ...databases, ...of("somebody else").map(inWords)])];
}

type Owner = "instance" | "load balancer" | "database" | "somebody else";

/** By what AWS writes on the interfaces that it makes (ec2:NetworkInterface, Description and RequesterId). */
function ownerOf({ Attachment, Description = "", RequesterId }: NetworkInterface): Owner {
  if (Attachment?.InstanceId) return "instance";
  if (Description.startsWith("ELB ")) return "load balancer";
  return Description === "RDSNetworkInterface" || RequesterId === "amazon-rds" ? "database" : "somebody else";
}

async function livingInstances({ ec2 }: Aws, interfaces: readonly NetworkInterface[]): Promise<string[]> {
  const ids = interfaces.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []);
  if (ids.length === 0) return [];
  const Filters = [
    { Name: "instance-id", Values: ids },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const living: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const { InstanceId, State, Tags } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      const name = Tags?.find(({ Key }) => Key === "Name")?.Value;
      living.push(`instance ${InstanceId} (${[name, State?.Name].filter(Boolean).join(", ")})`);
    }
  }
  return living;
}

/** Their interfaces are described as `ELB app/NAME/ID`; those of classic ones, which nobody here can look up, as `ELB NAME`. */
async function livingBalancers({ elbv2 }: Aws, interfaces: readonly NetworkInterface[]): Promise<string[]> {
  const paths = new Set(interfaces.map(({ Description = "" }) => Description.slice("ELB ".length)));
  const looks = [...paths].map(async (path) => {
    const [, name] = path.split("/");
    if (name === undefined) return [`load balancer ${path}`];
    try {
      const { LoadBalancers = [] } = await elbv2.send(new DescribeLoadBalancersCommand({ Names: [name] }));
      return LoadBalancers.some(({ LoadBalancerArn }) => LoadBalancerArn?.endsWith(path))
        ? [`load balancer ${name}`]
        : [];
    } catch (error) {
      if (isCode(error, "LoadBalancerNotFound")) return [];
      throw error;
    }
  });
  return (await Promise.all(looks)).flat();
}

async function livingDatabases({ rds }: Aws, groupId: string): Promise<string[]> {
  const living: string[] = [];
  for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: rds }, {})) {
    for (const { DBInstanceIdentifier, DBInstanceStatus, VpcSecurityGroups = [] } of DBInstances) {
      const isIn = VpcSecurityGroups.some(({ VpcSecurityGroupId }) => VpcSecurityGroupId === groupId);
      if (isIn && DBInstanceStatus !== "deleting") living.push(`database ${DBInstanceIdentifier}`);
    }
  }
  return living;
}

function inWords({ NetworkInterfaceId, Description, Attachment, Status }: NetworkInterface): string {
  const instance = Attachment?.InstanceId && `instance ${Attachment.InstanceId}`;
  const of = Description || instance || (Status === "available" && "attached to nothing");
  return of ? `interface ${NetworkInterfaceId} (${of})` : `interface ${NetworkInterfaceId}`;
}
