import {
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  paginateDescribeAutoScalingGroups,
} from "@aws-sdk/client-auto-scaling";
import { type Instance, paginateDescribeInstances, paginateDescribeVolumes, type Volume } from "@aws-sdk/client-ec2";
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  type LoadBalancer,
  paginateDescribeLoadBalancers,
  paginateDescribeTargetGroups,
  type TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { type DBInstance, DescribeDBInstancesCommand, paginateDescribeDBInstances } from "@aws-sdk/client-rds";
import type { AwsClients } from "./clients.ts";
import { isCode } from "./errors.ts";

/**
 * What of a sort there is in the region. A run that has changed nothing yet makes one listing of everything, for the tasks that
 * look for theirs and for the look at what is left over; later, single things are asked for by their names.
 */

type Shared<Service extends keyof AwsClients> = Pick<AwsClients, Service | "shared">;

/** All items of all pages. */
async function all<Page, Item>(pages: AsyncIterable<Page>, itemsOf: (page: Page) => Item[] | undefined) {
  const found: Item[] = [];
  for await (const page of pages) found.push(...(itemsOf(page) ?? []));
  return found;
}

/** Terminated instances stay listed for about an hour, and are not there. */
const THERE = {
  Name: "instance-state-name",
  Values: ["pending", "running", "shutting-down", "stopping", "stopped"],
};

/** Instances that are there, those that are shutting down among them. */
export function instancesIn({ ec2, shared }: Shared<"ec2">): Promise<Instance[]> {
  return shared.read("ec2 instances", () =>
    all(paginateDescribeInstances({ client: ec2 }, { Filters: [THERE] }), ({ Reservations }) =>
      Reservations?.flatMap(({ Instances = [] }) => Instances),
    ),
  );
}

/** Those that are there and have this tag Name. */
export async function instancesNamed(aws: Shared<"ec2">, name: string): Promise<Instance[]> {
  if (!aws.shared.untouched) return instancesWith(aws, "tag:Name", [name]);
  const isNamed = ({ Tags = [] }: Instance) => Tags.some(({ Key, Value }) => Key === "Name" && Value === name);
  return (await instancesIn(aws)).filter(isNamed);
}

/** Those of these ids that are there. */
export async function instancesOf(aws: Shared<"ec2">, ids: readonly string[]): Promise<Instance[]> {
  // A filter, because a call that names an id which is not there any more is refused.
  if (!aws.shared.untouched) return instancesWith(aws, "instance-id", ids);
  return (await instancesIn(aws)).filter(({ InstanceId = "" }) => ids.includes(InstanceId));
}

function instancesWith({ ec2 }: Shared<"ec2">, Name: string, Values: readonly string[]): Promise<Instance[]> {
  const Filters = [THERE, { Name, Values: [...Values] }];
  return all(paginateDescribeInstances({ client: ec2 }, { Filters }), ({ Reservations }) =>
    Reservations?.flatMap(({ Instances = [] }) => Instances),
  );
}

/** Volumes in all states. */
export function volumesIn({ ec2, shared }: Shared<"ec2">): Promise<Volume[]> {
  return shared.read("ec2 volumes", () => all(paginateDescribeVolumes({ client: ec2 }, {}), ({ Volumes }) => Volumes));
}

/** Databases. */
export function databasesIn({ rds, shared }: Shared<"rds">): Promise<DBInstance[]> {
  return shared.read("rds instances", () =>
    all(paginateDescribeDBInstances({ client: rds }, {}), ({ DBInstances }) => DBInstances),
  );
}

/** The database of this name; undefined: there is none. */
export async function databaseNamed(aws: Shared<"rds">, name: string): Promise<DBInstance | undefined> {
  if (aws.shared.untouched) return (await databasesIn(aws)).find((one) => one.DBInstanceIdentifier === name);
  const one = aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }));
  return (await unless("DBInstanceNotFound", one))?.DBInstances?.[0];
}

/** Scaling groups. */
export function scalingGroupsIn({ autoScaling, shared }: Shared<"autoScaling">): Promise<AutoScalingGroup[]> {
  return shared.read("scaling groups", () =>
    all(paginateDescribeAutoScalingGroups({ client: autoScaling }, {}), ({ AutoScalingGroups }) => AutoScalingGroups),
  );
}

/** The scaling group of this name; undefined: there is none. */
export async function scalingGroupNamed(
  aws: Shared<"autoScaling">,
  name: string,
): Promise<AutoScalingGroup | undefined> {
  if (aws.shared.untouched) return (await scalingGroupsIn(aws)).find((one) => one.AutoScalingGroupName === name);
  const one = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  return (await aws.autoScaling.send(one)).AutoScalingGroups?.[0];
}

/** Load balancers that are no classic ones. */
export function loadBalancersIn({ elbv2, shared }: Shared<"elbv2">): Promise<LoadBalancer[]> {
  return shared.read("load balancers", () =>
    all(paginateDescribeLoadBalancers({ client: elbv2 }, {}), ({ LoadBalancers }) => LoadBalancers),
  );
}

/** The load balancer of this name; undefined: there is none. */
export async function loadBalancerNamed(aws: Shared<"elbv2">, name: string): Promise<LoadBalancer | undefined> {
  if (aws.shared.untouched) return (await loadBalancersIn(aws)).find((one) => one.LoadBalancerName === name);
  const one = aws.elbv2.send(new DescribeLoadBalancersCommand({ Names: [name] }));
  return (await unless("LoadBalancerNotFound", one))?.LoadBalancers?.[0];
}

/** Target groups. */
export function targetGroupsIn({ elbv2, shared }: Shared<"elbv2">): Promise<TargetGroup[]> {
  return shared.read("target groups", () =>
    all(paginateDescribeTargetGroups({ client: elbv2 }, {}), ({ TargetGroups }) => TargetGroups),
  );
}

/** The target group of this name; undefined: there is none. */
export async function targetGroupNamed(aws: Shared<"elbv2">, name: string): Promise<TargetGroup | undefined> {
  if (aws.shared.untouched) return (await targetGroupsIn(aws)).find((one) => one.TargetGroupName === name);
  const one = aws.elbv2.send(new DescribeTargetGroupsCommand({ Names: [name] }));
  return (await unless("TargetGroupNotFound", one))?.TargetGroups?.[0];
}

/** What a call answers; undefined: AWS refused it with this code. */
async function unless<T>(code: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isCode(error, code)) return undefined;
    throw error;
  }
}
