import { DescribeInstancesCommand, type SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { Service } from "@aws-sdk/client-ecs";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { nameIn } from "./arn.ts";
import type { Aws } from "./clients.ts";
import { classify } from "./errors.ts";
import { serviceIn, type Watched } from "./live.ts";
import { rulesOfGroups } from "./security-group-rules.ts";
import { type BalancerNow, balancerOf, type ListenerNow, type TargetHealth } from "./service-balancer.ts";
import { tasksOf } from "./service-tasks.ts";
import { hostsOfTasks, isTargetOf, type TaskHost } from "./task-hosts.ts";

/** Whether security groups let traffic from one place to the next. */
export interface Door {
  readonly port: number;
  /** The rules that do, in words; none: nothing gets through. */
  readonly by: readonly string[];
}

/** What the load balancer sends requests to. */
export interface TargetNow {
  /** Of an instance or an address. */
  readonly id: string;
  readonly port: number;
  readonly zone: string;
  /** In ELB's words, e.g. `healthy`, `unhealthy`, `draining`. */
  readonly state: string;
  /** Why it is not healthy, in ELB's words. */
  readonly reason?: string;
  /** The task behind it; absent: it has stopped. */
  readonly task?: { readonly id: string; readonly revision: string; readonly status: string };
}

/** The way of a request: from the internet through the load balancer to the tasks, and on to the database. */
export interface ServiceNetwork {
  readonly service: string;
  readonly balancer?: Omit<BalancerNow, "groups" | "listeners"> & {
    readonly listeners: readonly (ListenerNow & { readonly door: Door })[];
  };
  readonly targets: readonly TargetNow[];
  /** From the load balancer to the targets: a door for each port that targets listen on. */
  readonly toTargets: readonly Door[];
  /** Absent: the service needs none, or it is not there. */
  readonly database?: {
    readonly id: string;
    readonly state: string;
    readonly engine: string;
    /** Absent: no task runs, so nobody can say from where one would come. */
    readonly door?: Door;
  };
}

/** How a request gets to a service now, as far as it is there. Undefined: there is no such service. */
export async function serviceNetwork(aws: Aws, watched: Watched): Promise<ServiceNetwork | undefined> {
  const service = await serviceIn(aws, watched);
  if (!service) return undefined;
  const [{ targets: found, balancer }, hosts, database] = await Promise.all([
    balancerOf(aws, service),
    hostsOf(aws, service, watched.cluster),
    databaseOf(aws, watched.database),
  ]);
  const groups = { balancer: balancer?.groups ?? [], hosts: hosts.groups, database: database?.groups ?? [] };
  const rules = await rulesOfGroups(aws, [...new Set(Object.values(groups).flat())]);
  const door = (to: readonly string[], port: number, from: From): Door => {
    return { port, by: rules.filter((rule) => letsIn(rule, to, port, from)).map(inWords) };
  };
  const targets = found.map((target) => placed(target, hosts));
  const ports = [...new Set(targets.map(({ port }) => port))].sort((a, b) => a - b);
  const toDatabase = database && hosts.groups.length > 0 && door(groups.database, database.port, groups.hosts);
  return {
    service: watched.service,
    ...(balancer && { balancer: shown(balancer, (port) => door(groups.balancer, port, "everywhere")) }),
    targets,
    toTargets: balancer ? ports.map((port) => door(groups.hosts, port, groups.balancer)) : [],
    ...(database && { database: { ...database.shown, ...(toDatabase && { door: toDatabase }) } }),
  };
}

/** Who wants to come in: whatever has one of these security groups, or anybody. */
type From = readonly string[] | "everywhere";

/** A rule that lets one port in: to one of the groups, from one of the others or from an address range. */
function letsIn(rule: SecurityGroupRule, to: readonly string[], port: number, from: From): boolean {
  const { GroupId = "", IsEgress, IpProtocol, FromPort = -1, ToPort = -1, CidrIpv4, ReferencedGroupInfo } = rule;
  if (IsEgress || !to.includes(GroupId)) return false;
  if (IpProtocol !== "-1" && (IpProtocol !== "tcp" || port < FromPort || port > ToPort)) return false;
  if (from === "everywhere") return CidrIpv4 === "0.0.0.0/0";
  return CidrIpv4 !== undefined || from.includes(ReferencedGroupInfo?.GroupId ?? "");
}

function shown(
  { groups: _, listeners, ...balancer }: BalancerNow,
  door: (port: number) => Door,
): ServiceNetwork["balancer"] & object {
  return { ...balancer, listeners: listeners.map((one) => ({ ...one, door: door(one.port) })) };
}

function inWords({ IpProtocol, FromPort, ToPort, CidrIpv4, ReferencedGroupInfo, GroupId }: SecurityGroupRule): string {
  const ports =
    IpProtocol === "-1" ? "all traffic" : `${IpProtocol} ${FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`}`;
  return `${GroupId}: ${ports} from ${CidrIpv4 ?? ReferencedGroupInfo?.GroupId}`;
}

/** Where the tasks of a service run, and the security groups around them. */
interface Hosts {
  readonly groups: readonly string[];
  readonly tasks: readonly (TaskHost & {
    readonly task: NonNullable<TargetNow["task"]>;
    readonly zone: string;
  })[];
}

async function hostsOf({ ecs, ec2 }: Aws, service: Service, cluster: string): Promise<Hosts> {
  const own = service.networkConfiguration?.awsvpcConfiguration?.securityGroups;
  const tasks = await tasksOf({ ecs }, { cluster, name: service.serviceName ?? "" }, "RUNNING");
  const machines = new Map<string, string>();
  const hosts = await hostsOfTasks({ ecs }, cluster, tasks, machines);
  const groups = own ?? (await groupsOf({ ec2 }, [...machines.values()].filter(Boolean)));
  return {
    groups,
    tasks: tasks.map((task, index) => ({
      task: {
        id: nameIn(task.taskArn ?? ""),
        revision: nameIn(task.taskDefinitionArn ?? ""),
        status: task.lastStatus ?? "",
      },
      zone: task.availabilityZone ?? "",
      host: hosts[index]?.host ?? "",
      ports: hosts[index]?.ports,
    })),
  };
}

async function groupsOf({ ec2 }: Pick<Aws, "ec2">, InstanceIds: string[]): Promise<string[]> {
  if (InstanceIds.length === 0) return [];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  const instances = Reservations.flatMap((reservation) => reservation.Instances ?? []);
  return [
    ...new Set(instances.flatMap(({ SecurityGroups = [] }) => SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []))),
  ];
}

function placed({ id, port, zone, state, reason }: TargetHealth, { tasks }: Hosts): TargetNow {
  const behind = tasks.find((task) => isTargetOf(task, id, port));
  return {
    id,
    port,
    zone: zone ?? behind?.zone ?? "",
    state,
    ...(reason !== "" && { reason }),
    ...(behind && { task: behind.task }),
  };
}

async function databaseOf({ rds }: Aws, id: string | undefined) {
  if (id === undefined) return undefined;
  try {
    const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    const [found] = DBInstances;
    if (!found) return undefined;
    const groups = (found.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []);
    const engine = `${found.Engine} ${found.EngineVersion}`;
    return { groups, port: found.Endpoint?.Port ?? 0, shown: { id, state: found.DBInstanceStatus ?? "", engine } };
  } catch (error) {
    if (classify(error) === "gone") return undefined;
    throw error;
  }
}
