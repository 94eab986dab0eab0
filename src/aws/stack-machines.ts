import type { Instance } from "@aws-sdk/client-ec2";
import type { Task } from "@aws-sdk/client-ecs";
import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  paginateListContainerInstances,
} from "@aws-sdk/client-ecs";
import { paginateDescribeInstanceInformation } from "@aws-sdk/client-ssm";
import { nameIn } from "./arn.ts";
import { chunks } from "./chunks.ts";
import type { Aws } from "./clients.ts";
import { isCode } from "./errors.ts";
import { instancesIn } from "./listings.ts";
import { isOfAws } from "./service-containers.ts";
import { tasksOf } from "./service-tasks.ts";
import { fromTagList, STACK_TAG, TASK_TAG } from "./tags.ts";

/** How much of a container instance there is, and how much of it no task has reserved: CPU in units of 1024 to a processor, memory in MiB. */
export interface Capacity {
  readonly cpu: number;
  readonly freeCpu: number;
  readonly memory: number;
  readonly freeMemory: number;
}

/** A machine of a stack: it carries the stack's tag, or is a container instance of its cluster. */
export interface MachineNow {
  readonly id: string;
  /** Its tag Name; absent: it has none. */
  readonly name?: string;
  /** The task of the stack that it was made for, as its tag has it; absent: it has none. */
  readonly task?: string;
  /** In EC2's words, e.g. `running`. */
  readonly state: string;
  readonly type: string;
  readonly zone: string;
  readonly privateAddress?: string;
  readonly publicAddress?: string;
  /** How SSM sees its agent, in SSM's words, e.g. `Online`; absent: it has never registered. */
  readonly agent?: string;
  /** Absent: it is no container instance of the cluster. */
  readonly containerInstance?: {
    readonly id: string;
    /** In ECS's words, e.g. `ACTIVE`. */
    readonly status: string;
    /** Whether ECS's agent is connected. */
    readonly isConnected: boolean;
    readonly capacity: Capacity;
  };
}

/** A task of the stack's cluster that runs or is to run, of a service or not. */
export interface TaskNow {
  readonly id: string;
  /** `family:revision`. */
  readonly revision: string;
  /** Absent: it was started by itself. */
  readonly service?: string;
  readonly status: string;
  /** `EC2` or `FARGATE`. */
  readonly launchType: string;
  readonly zone?: string;
  /** Id of the EC2 instance that it is on; absent: on none of ours. */
  readonly machine?: string;
  /** Of its own network interface; absent: it has that of its machine. */
  readonly privateAddress?: string;
  /** Reserved, in CPU units and MiB. */
  readonly cpu?: string;
  readonly memory?: string;
  /** It was started for ECS Exec. */
  readonly hasExec: boolean;
  readonly containers: readonly ContainerNow[];
}

/** A container of a task. */
export interface ContainerNow {
  readonly name: string;
  readonly status: string;
  /** `HEALTHY` or `UNHEALTHY`; absent: it has no check, or that has no result yet. */
  readonly health?: string;
  readonly image?: string;
  /** Docker's id of it; absent: it has not been made yet. */
  readonly runtimeId?: string;
  /** AWS has added it, for Service Connect or GuardDuty. */
  readonly isOfAws: boolean;
}

/** What a stack runs on, and what runs in its clusters. */
export interface StackMachines {
  /** Container instances last. */
  readonly machines: readonly MachineNow[];
  readonly tasks: readonly TaskNow[];
}

/**
 * The machines of a stack, and the tasks of one of its clusters, as EC2, ECS and SSM have them: six calls at most. Of a cluster that is
 * not there nothing.
 *
 * @param cluster its name; undefined: the stack has none
 */
export async function stackMachines(aws: Aws, cluster: string | undefined): Promise<StackMachines> {
  const [instances, agents, members, tasks] = await Promise.all([
    instancesIn(aws),
    agentsIn(aws),
    cluster === undefined ? [] : unlessGone(containerInstancesOf(aws, cluster)),
    cluster === undefined ? [] : unlessGone(tasksOf(aws, { cluster }, "RUNNING")),
  ]);
  const memberOf = new Map(members.map((member) => [member.ec2InstanceId, member]));
  const own = instances.filter(
    ({ InstanceId, Tags }) => fromTagList(Tags)[STACK_TAG] === aws.stack || memberOf.has(InstanceId),
  );
  const machines = own.map((instance) =>
    machineNow(instance, agents.get(instance.InstanceId ?? ""), memberOf.get(instance.InstanceId)),
  );
  const places = new Map(
    members.map(({ containerInstanceArn, ec2InstanceId }) => [containerInstanceArn, ec2InstanceId]),
  );
  return {
    machines: machines.sort(byPurpose),
    tasks: tasks.map((task) => taskNow(task, places.get(task.containerInstanceArn))).sort(byService),
  };
}

async function agentsIn({ ssm }: Pick<Aws, "ssm">): Promise<Map<string, string>> {
  const agents = new Map<string, string>();
  for await (const { InstanceInformationList = [] } of paginateDescribeInstanceInformation({ client: ssm }, {}))
    for (const { InstanceId = "", PingStatus = "" } of InstanceInformationList) agents.set(InstanceId, PingStatus);
  return agents;
}

async function containerInstancesOf({ ecs }: Pick<Aws, "ecs">, cluster: string): Promise<ContainerInstance[]> {
  const arns: string[] = [];
  for await (const { containerInstanceArns = [] } of paginateListContainerInstances({ client: ecs }, { cluster }))
    arns.push(...containerInstanceArns);
  const answers = await Promise.all(
    // A hundred at once. (DescribeContainerInstances)
    chunks(arns, 100).map((containerInstances) =>
      ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances })),
    ),
  );
  return answers.flatMap(({ containerInstances = [] }) => containerInstances);
}

async function unlessGone<Item>(listing: Promise<Item[]>): Promise<Item[]> {
  try {
    return await listing;
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException")) return [];
    throw error;
  }
}

function machineNow(
  { InstanceId = "", State, InstanceType, Placement, PrivateIpAddress, PublicIpAddress, Tags }: Instance,
  agent: string | undefined,
  member: ContainerInstance | undefined,
): MachineNow {
  const tags = fromTagList(Tags);
  return {
    id: InstanceId,
    ...(tags.Name && { name: tags.Name }),
    ...(tags[TASK_TAG] && { task: tags[TASK_TAG] }),
    state: State?.Name ?? "",
    type: InstanceType ?? "",
    zone: Placement?.AvailabilityZone ?? "",
    ...(PrivateIpAddress && { privateAddress: PrivateIpAddress }),
    ...(PublicIpAddress && { publicAddress: PublicIpAddress }),
    ...(agent && { agent }),
    ...(member && {
      containerInstance: {
        id: nameIn(member.containerInstanceArn ?? ""),
        status: member.status ?? "",
        isConnected: member.agentConnected === true,
        capacity: capacityOf(member),
      },
    }),
  };
}

function capacityOf({ registeredResources = [], remainingResources = [] }: ContainerInstance): Capacity {
  const figure = (resources: typeof registeredResources, wanted: string) =>
    resources.find(({ name }) => name === wanted)?.integerValue ?? 0;
  return {
    cpu: figure(registeredResources, "CPU"),
    freeCpu: figure(remainingResources, "CPU"),
    memory: figure(registeredResources, "MEMORY"),
    freeMemory: figure(remainingResources, "MEMORY"),
  };
}

function taskNow(task: Task, machine: string | undefined): TaskNow {
  const { taskArn = "", taskDefinitionArn = "", group = "", lastStatus = "", launchType = "", availabilityZone } = task;
  const { attachments = [], containers = [], cpu, memory, enableExecuteCommand = false } = task;
  const service = /^service:(.+)$/.exec(group)?.[1];
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  const privateAddress = details.find(({ name }) => name === "privateIPv4Address")?.value;
  return {
    id: nameIn(taskArn),
    revision: nameIn(taskDefinitionArn),
    ...(service && { service }),
    status: lastStatus,
    launchType,
    ...(availabilityZone && { zone: availabilityZone }),
    ...(machine && { machine }),
    ...(privateAddress && { privateAddress }),
    ...(cpu && { cpu }),
    ...(memory && { memory }),
    hasExec: enableExecuteCommand,
    containers: containers.map(({ name = "", lastStatus: status = "", healthStatus, image, runtimeId }) => ({
      name,
      status,
      ...(healthStatus && healthStatus !== "UNKNOWN" && { health: healthStatus }),
      ...(image && { image }),
      ...(runtimeId && { runtimeId }),
      isOfAws: isOfAws(name),
    })),
  };
}

function byPurpose(one: MachineNow, other: MachineNow): number {
  const rank = ({ containerInstance }: MachineNow) => (containerInstance ? 1 : 0);
  return rank(one) - rank(other) || one.zone.localeCompare(other.zone) || one.id.localeCompare(other.id);
}

function byService(one: TaskNow, other: TaskNow): number {
  return (one.service ?? "").localeCompare(other.service ?? "") || one.id.localeCompare(other.id);
}
