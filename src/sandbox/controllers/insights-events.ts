import type { Container, ContainerDefinition } from "@aws-sdk/client-ecs";
import { nameIn } from "../world/ecs/names.ts";
import type { MinuteOfMetric } from "../world/records/cloudwatch.ts";
import type { Cluster, EcsService, EcsTask } from "../world/records.ts";
import type { Region } from "../world/world.ts";
import { type TaskUse, type Used, usedByAll } from "./task-usage.ts";

const MIB = 2 ** 20;
/** CPU units of a processor. */
const UNITS = 1024;
/** GiB of disk that a task on Fargate has. (ECS Developer Guide, "Fargate task ephemeral storage") */
const DISK = 20;

/** A performance log event, and the metrics that CloudWatch makes of it. */
export interface InsightsEvent {
  /** Its log stream. */
  readonly stream: string;
  readonly fields: Readonly<Record<string, string | number | undefined>>;
  readonly metrics: readonly InsightsMetric[];
  /** Names of the fields by whose values each metric is told; one set after the other. */
  readonly dimensions: readonly (readonly string[])[];
}

/** A metric of the namespace ECS/ContainerInsights. */
export interface InsightsMetric {
  readonly name: string;
  readonly unit: MinuteOfMetric["Unit"];
  readonly value: number;
}

/** Whether a cluster is observed, and how. */
export type Insights = "enabled" | "enhanced";

/** What there is of a cluster. ("Container Insights performance log events for Amazon ECS", Type: Cluster) */
export function clusterEvent({ ecs }: Region, { clusterArn, clusterName }: Cluster): InsightsEvent {
  const inCluster = (one: { clusterArn: string }) => one.clusterArn === clusterArn;
  const counts = {
    TaskCount: ecs.tasks.filter((task) => inCluster(task) && task.lastStatus === "RUNNING").length,
    ContainerInstanceCount: ecs.containerInstances.filter(({ hidden }) => inCluster(hidden)).length,
    ServiceCount: ecs.services.filter((service) => inCluster(service) && service.status === "ACTIVE").length,
  };
  return {
    stream: `ClusterTelemetry-${clusterName}`,
    fields: { Type: "Cluster", ClusterName: clusterName, ...counts },
    metrics: counted(counts),
    dimensions: [["ClusterName"]],
  };
}

/** What there is of a service. (Type: Service) */
export function serviceEvent({ ecs }: Region, { clusterName }: Cluster, service: EcsService): InsightsEvent {
  const tasks = ecs.tasks.filter(({ hidden }) => hidden.serviceArn === service.serviceArn);
  const counts = {
    DesiredTaskCount: service.desiredCount,
    RunningTaskCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    PendingTaskCount: tasks.filter(({ lastStatus }) => /^(PROVISIONING|PENDING|ACTIVATING)$/.test(lastStatus)).length,
    DeploymentCount: service.deployments.length,
    TaskSetCount: 0,
  };
  return {
    stream: `ServiceTelemetry-${service.serviceName}`,
    fields: { Type: "Service", ServiceName: service.serviceName, ClusterName: clusterName, ...counts },
    metrics: counted(counts),
    dimensions: [["ServiceName", "ClusterName"]],
  };
}

/** What a task and each of its containers use. (Type: Task, Type: Container) */
export function taskEvents(use: TaskUse, cluster: Cluster, account: string, insights: Insights): InsightsEvent[] {
  const { region, task, containers } = use;
  const definition = region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
  const own = (definition?.containerDefinitions ?? []).flatMap((container) => {
    const used = containers.get(container.name ?? "");
    return used ? [containerEvent(use, cluster, container, used, insights)] : [];
  });
  return [taskEvent(use, cluster, account, insights), ...own];
}

function taskEvent(use: TaskUse, cluster: Cluster, account: string, insights: Insights): InsightsEvent {
  const { region, task } = use;
  const isOnFargate = task.launchType === "FARGATE";
  const used = usage(usedByAll(use), Number(task.cpu), Number(task.memory));
  const names = namesOf(use, cluster);
  const storage = isOnFargate ? { EphemeralStorageReserved: DISK } : {};
  return {
    stream: streamOf(task),
    fields: {
      Type: "Task",
      ...names,
      AccountID: account,
      Region: region.name,
      AvailabilityZone: task.availabilityZone,
      KnownStatus: task.lastStatus,
      LaunchType: task.launchType,
      CreatedAt: task.createdAt.getTime(),
      PullStartedAt: task.pullStartedAt?.getTime(),
      PullStoppedAt: task.pullStoppedAt?.getTime(),
      StartedAt: task.startedAt?.getTime(),
      ...used,
      ...storage,
    },
    metrics: [
      ...measured(used, ""),
      ...(isOnFargate ? [{ name: "EphemeralStorageReserved", unit: "Gigabytes" as const, value: DISK }] : []),
      ...(insights === "enhanced" ? utilization(used, "Task") : []),
    ],
    dimensions: withService(names, [
      ["ClusterName"],
      ["ClusterName", "ServiceName"],
      ["ClusterName", "TaskDefinitionFamily"],
      ...(insights === "enhanced"
        ? [
            ["ClusterName", "ServiceName", "TaskId"],
            ["ClusterName", "TaskDefinitionFamily", "TaskId"],
          ]
        : []),
    ]),
  };
}

function containerEvent(
  use: TaskUse,
  cluster: Cluster,
  { name, image, cpu = 0, memory, memoryReservation, healthCheck }: ContainerDefinition,
  found: Used,
  insights: Insights,
): InsightsEvent {
  const used = usage(found, cpu, memory ?? memoryReservation ?? 0);
  const names = namesOf(use, cluster);
  const container = use.task.containers.find((one) => one.name === name);
  return {
    stream: streamOf(use.task),
    fields: {
      Type: "Container",
      ContainerName: name,
      ...names,
      Image: image,
      ContainerKnownStatus: container?.lastStatus,
      ...used,
    },
    metrics:
      insights === "enhanced"
        ? [
            ...measured(used, "Container"),
            ...utilization(reservedOrOf(used, use.task), "Container"),
            ...(healthCheck ? [healthOf(container)] : []),
          ]
        : [],
    dimensions: withService(names, [
      ["ClusterName", "ServiceName", "ContainerName"],
      ["ClusterName", "ServiceName", "TaskId", "ContainerName"],
    ]),
  };
}

/** The names by which a task is told from others. */
function namesOf({ region, task }: TaskUse, { clusterName }: Cluster) {
  const [family, revision] = nameIn(task.taskDefinitionArn).split(":");
  const instance = region.ecs.containerInstances.get(task.containerInstanceArn ?? "");
  return {
    TaskId: nameIn(task.taskArn),
    TaskDefinitionFamily: family,
    TaskDefinitionRevision: revision,
    ServiceName: task.hidden.serviceArn === undefined ? undefined : nameIn(task.hidden.serviceArn),
    ClusterName: clusterName,
    ContainerInstanceId: instance && nameIn(instance.containerInstanceArn),
    EC2InstanceId: instance?.ec2InstanceId,
  };
}

/** Without the sets that name the service, of a task that has none. */
function withService({ ServiceName }: ReturnType<typeof namesOf>, sets: readonly string[][]): string[][] {
  return sets.filter((names) => ServiceName !== undefined || !names.includes("ServiceName"));
}

/** CPU in units, 1024 to a processor, and memory in MiB. */
interface Usage {
  readonly CpuUtilized?: number;
  readonly CpuReserved: number;
  readonly MemoryUtilized: number;
  readonly MemoryReserved: number;
}

function usage({ processors, memory }: Used, CpuReserved: number, MemoryReserved: number): Usage {
  return {
    ...(processors !== undefined && { CpuUtilized: processors * UNITS }),
    CpuReserved,
    MemoryUtilized: Math.round(memory / MIB),
    MemoryReserved,
  };
}

/** A container that reserves nothing for itself may use what its task has. */
function reservedOrOf(used: Usage, { cpu, memory }: EcsTask): Usage {
  return {
    ...used,
    CpuReserved: used.CpuReserved || Number(cpu),
    MemoryReserved: used.MemoryReserved || Number(memory),
  };
}

function measured(
  { CpuUtilized, CpuReserved, MemoryUtilized, MemoryReserved }: Usage,
  of: "" | "Container",
): InsightsMetric[] {
  return [
    ...(CpuUtilized === undefined ? [] : [{ name: `${of}CpuUtilized`, unit: "None" as const, value: CpuUtilized }]),
    { name: `${of}CpuReserved`, unit: "None", value: CpuReserved },
    { name: `${of}MemoryUtilized`, unit: "Megabytes", value: MemoryUtilized },
    { name: `${of}MemoryReserved`, unit: "Megabytes", value: MemoryReserved },
  ];
}

/** Per cent of what is reserved; of nothing there is none. */
function utilization({ CpuUtilized, CpuReserved, MemoryUtilized, MemoryReserved }: Usage, of: "Task" | "Container") {
  const percent = (name: string, used: number | undefined, reserved: number): InsightsMetric[] =>
    used === undefined || !(reserved > 0) ? [] : [{ name, unit: "Percent", value: (100 * used) / reserved }];
  return [
    ...percent(`${of}CpuUtilization`, CpuUtilized, CpuReserved),
    ...percent(`${of}MemoryUtilization`, MemoryUtilized, MemoryReserved),
  ];
}

function healthOf(container: Container | undefined): InsightsMetric {
  const value = container?.healthStatus === "UNHEALTHY" ? 1 : 0;
  return { name: "UnHealthyContainerHealthStatus", unit: "Count", value };
}

function counted(counts: Readonly<Record<string, number>>): InsightsMetric[] {
  return Object.entries(counts).map(([name, value]) => ({ name, unit: "Count", value }));
}

/** On Fargate a number that stays the task's, on EC2 the machine's agent. */
function streamOf({ taskArn, containerInstanceArn }: EcsTask): string {
  if (containerInstanceArn !== undefined) return `AgentTelemetry-${nameIn(containerInstanceArn)}`;
  return `FargateTelemetry-${1000 + (Number.parseInt(nameIn(taskArn).slice(0, 8), 16) % 9000)}`;
}
