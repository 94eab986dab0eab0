import {
  type Filter,
  type NetworkInterface,
  paginateDescribeInstances,
  paginateDescribeNetworkInterfaces,
} from "@aws-sdk/client-ec2";
import { DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { type DBInstance, paginateDescribeDBInstances } from "@aws-sdk/client-rds";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";

/** The network interfaces that fit. */
export async function interfacesOf({ ec2 }: Aws, Filters: Filter[]): Promise<NetworkInterface[]> {
  const interfaces: NetworkInterface[] = [];
  for await (const page of paginateDescribeNetworkInterfaces({ client: ec2 }, { Filters })) {
    interfaces.push(...(page.NetworkInterfaces ?? []));
  }
  return interfaces;
}

/**
 * What the interfaces belong to, as far as nobody is deleting it, each in words and once.
 *
 * @param isHolder whether a database is one of those that the interfaces may belong to, which they do not say themselves
 */
export async function ownersThatStay(
  aws: Aws,
  interfaces: readonly NetworkInterface[],
  isHolder: (database: DBInstance) => boolean,
): Promise<string[]> {
  const of = (owner: Owner) => interfaces.filter((one) => ownerOf(one) === owner);
  const [instances, balancers, databases] = await Promise.all([
    livingInstances(aws, of("instance")),
    livingBalancers(aws, of("load balancer")),
    of("database").length > 0 ? livingDatabases(aws, isHolder) : [],
  ]);
  return [...new Set([...instances, ...balancers, ...databases, ...of("somebody else").map(interfaceInWords)])];
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

async function livingDatabases({ rds }: Aws, isHolder: (database: DBInstance) => boolean): Promise<string[]> {
  const living: string[] = [];
  for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: rds }, {})) {
    for (const database of DBInstances) {
      const { DBInstanceIdentifier, DBInstanceStatus } = database;
      if (isHolder(database) && DBInstanceStatus !== "deleting") living.push(`database ${DBInstanceIdentifier}`);
    }
  }
  return living;
}

/** A network interface, and what it is for as far as it says so. */
export function interfaceInWords({ NetworkInterfaceId, Description, Attachment, Status }: NetworkInterface): string {
  const instance = Attachment?.InstanceId && `instance ${Attachment.InstanceId}`;
  const of = Description || instance || (Status === "available" && "attached to nothing");
  return of ? `interface ${NetworkInterfaceId} (${of})` : `interface ${NetworkInterfaceId}`;
}
