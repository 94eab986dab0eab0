import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type IpPermission,
  paginateDescribeInstances,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { DescribeLoadBalancersCommand, DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Finding } from "../../aws/finding.ts";
import { type Check, type Examined, machinesOf, serviceOf } from "./check.ts";

const SUBJECT = "network";

/** Host ports that docker gives where none is named. (ECS, PortMapping, hostPort) */
const ANY_PORT = { from: 32768, to: 60999 };

interface Ports {
  readonly from: number;
  readonly to: number;
}

/** Whether the subnets and security groups of the tasks are there, and the load balancer is let in to them. */
export const network: Check = {
  subject: SUBJECT,
  async look(examined) {
    const { networkConfiguration, loadBalancers = [] } = (await serviceOf(examined)) ?? {};
    const own = networkConfiguration?.awsvpcConfiguration;
    if (own) {
      const [subnets, groups] = await Promise.all([
        absentSubnets(examined, own.subnets ?? []),
        absentGroups(examined, own.securityGroups ?? []),
      ]);
      const absent = [...subnets, ...groups];
      if (absent.length > 0) return [problem(`${absent.join(", ")}: not there, and the service is to be in it`)];
    }
    const groups = loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
    if (groups.length === 0) return [ok("no load balancer has to reach the tasks")];
    const inside = own?.securityGroups ?? (await groupsOfMachines(examined));
    // No machine is no matter of the network.
    return inside.length === 0 ? [] : reachable(examined, groups, inside);
  },
};

/** By what the groups of the tasks or of their machines say about the groups of the load balancers. */
async function reachable(examined: Examined, targetGroups: readonly string[], inside: readonly string[]) {
  const outside = await groupsOfBalancers(examined, targetGroups);
  const found = await securityGroups(examined, inside);
  const rules = found.flatMap(({ IpPermissions = [] }) => IpPermissions);
  const closed = portsOf(examined).filter((ports) => !rules.some((rule) => letsIn(rule, outside, ports)));
  const names = found.map(({ GroupName }) => GroupName).join(", ");
  if (closed.length === 0) return [ok(`${names} lets the load balancer in`)];
  const ports = closed.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)).join(", ");
  return [
    problem(
      `${names} does not let the load balancer (${outside.join(", ")}) in on tcp ${ports}: no task would become healthy`,
    ),
  ];
}

/** An address range counts as if the load balancer were in it: whoever wrote it meant somebody. */
function letsIn(rule: IpPermission, groups: readonly string[], { from, to }: Ports): boolean {
  const { IpProtocol, FromPort = 0, ToPort = 65535, UserIdGroupPairs = [], IpRanges = [] } = rule;
  const covers = IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= from && to <= ToPort);
  const isAbout = IpRanges.length > 0 || UserIdGroupPairs.some(({ GroupId = "" }) => groups.includes(GroupId));
  return covers && isAbout;
}

function portsOf({ definition }: Examined): Ports[] {
  const ports = definition.containers.flatMap(({ portMappings }) => portMappings);
  return ports.map(({ hostPort, containerPort }) => {
    if (definition.networkMode !== "bridge") return { from: containerPort, to: containerPort };
    return hostPort === 0 ? ANY_PORT : { from: hostPort, to: hostPort };
  });
}

async function groupsOfBalancers({ aws }: Examined, TargetGroupArns: readonly string[]): Promise<string[]> {
  const asked = new DescribeTargetGroupsCommand({ TargetGroupArns: [...TargetGroupArns] });
  const { TargetGroups = [] } = await aws.elbv2.send(asked);
  const arns = [...new Set(TargetGroups.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns))];
  if (arns.length === 0) return [];
  const { LoadBalancers = [] } = await aws.elbv2.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: arns }));
  return LoadBalancers.flatMap(({ SecurityGroups = [] }) => SecurityGroups);
}

async function groupsOfMachines(examined: Examined): Promise<string[]> {
  const { aws } = examined;
  const InstanceIds = (await machinesOf(examined)).flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
  if (InstanceIds.length === 0) return [];
  const ids = new Set<string>();
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: aws.ec2 }, { InstanceIds })) {
    const groups = Reservations.flatMap(({ Instances = [] }) => Instances.flatMap((one) => one.SecurityGroups ?? []));
    for (const { GroupId } of groups) if (GroupId) ids.add(GroupId);
  }
  return [...ids];
}

/** By a filter, which answers without those that are not there. */
async function securityGroups({ aws }: Examined, ids: readonly string[]): Promise<SecurityGroup[]> {
  const Filters = [{ Name: "group-id", Values: [...ids] }];
  return (await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups ?? [];
}

async function absentGroups(examined: Examined, ids: readonly string[]): Promise<string[]> {
  const there = await securityGroups(examined, ids);
  return ids.filter((id) => !there.some(({ GroupId }) => GroupId === id));
}

async function absentSubnets({ aws }: Examined, ids: readonly string[]): Promise<string[]> {
  const Filters = [{ Name: "subnet-id", Values: [...ids] }];
  const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({ Filters }));
  return ids.filter((id) => !Subnets.some(({ SubnetId }) => SubnetId === id));
}

function ok(text: string): Finding {
  return { level: "ok", subject: SUBJECT, text };
}

function problem(text: string): Finding {
  return {
    level: "problem",
    subject: SUBJECT,
    text,
    next: "`bia-infra create --all` puts the stack's own groups right.",
  };
}
