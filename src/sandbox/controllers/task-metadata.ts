import type { Container as WireContainer } from "@aws-sdk/client-ecs";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region } from "../world/world.ts";

/** What a task's containers are told of it. ("Amazon ECS task metadata v4 JSON response for tasks on Fargate", "Amazon ECS task metadata endpoint version 4") */
export function taskMetadata(region: Region, task: EcsTask, definition: TaskDefinition): object {
  const { cpu, memory } = definition;
  const isFargate = task.launchType === "FARGATE";
  return {
    Cluster: task.clusterArn,
    TaskARN: task.taskArn,
    Family: definition.family,
    Revision: String(definition.revision),
    ServiceName: task.group.replace(/^service:|^family:.*/, ""),
    DesiredStatus: task.desiredStatus,
    KnownStatus: knownStatus(task.lastStatus),
    ...((cpu !== undefined || memory !== undefined) && {
      Limits: {
        ...(cpu !== undefined && { CPU: Number(cpu) / 1024 }),
        ...(memory !== undefined && { Memory: Number(memory) }),
      },
    }),
    PullStartedAt: task.pullStartedAt,
    PullStoppedAt: task.pullStoppedAt,
    AvailabilityZone: task.availabilityZone,
    LaunchType: task.launchType,
    ...(isFargate && { EphemeralStorageMetrics: { Utilized: 0, Reserved: 20 * 1024 } }),
    Containers: task.containers.map((one) => containerMetadata(region, task, definition, one)),
  };
}

/** What a container is told of itself. */
export function containerMetadata(
  region: Region,
  task: EcsTask,
  definition: TaskDefinition,
  container: WireContainer,
): object {
  const { name = "", image, imageDigest, lastStatus, containerArn, networkBindings = [] } = container;
  const own = definition.containerDefinitions.find((one) => one.name === name);
  const isFargate = task.launchType === "FARGATE";
  const { logDriver, options } = own?.logConfiguration ?? {};
  return {
    DockerId: container.runtimeId ?? "",
    Name: name,
    DockerName: isFargate ? name : `ecs-${definition.family}-${definition.revision}-${name}`,
    Image: image,
    ...(imageDigest !== undefined && { ImageID: imageDigest }),
    ...(networkBindings.length > 0 && {
      Ports: networkBindings.map(({ containerPort, hostPort, protocol }) => ({
        ContainerPort: containerPort,
        Protocol: protocol,
        HostPort: hostPort,
        HostIp: "0.0.0.0",
      })),
    }),
    Labels: {
      "com.amazonaws.ecs.cluster": isFargate ? task.clusterArn : nameIn(task.clusterArn),
      "com.amazonaws.ecs.container-name": name,
      "com.amazonaws.ecs.task-arn": task.taskArn,
      "com.amazonaws.ecs.task-definition-family": definition.family,
      "com.amazonaws.ecs.task-definition-version": String(definition.revision),
    },
    DesiredStatus: task.desiredStatus,
    KnownStatus: knownStatus(lastStatus),
    Limits: { CPU: own?.cpu ?? 0, ...(own?.memory !== undefined && { Memory: own.memory }) },
    CreatedAt: task.pullStoppedAt ?? task.createdAt,
    StartedAt: task.startedAt,
    Type: "NORMAL",
    ...(logDriver && { LogDriver: logDriver, LogOptions: options }),
    ContainerARN: containerArn,
    Networks: [networkOf(region, task, definition)],
  };
}

function networkOf({ ec2 }: Region, task: EcsTask, { networkMode }: TaskDefinition): object {
  const details = task.attachments?.find(({ type }) => type === "ElasticNetworkInterface")?.details ?? [];
  const id = details.find(({ name }) => name === "networkInterfaceId")?.value ?? "";
  const own = ec2.networkInterfaces.get(id);
  if (!own) return { NetworkMode: networkMode };
  const { CidrBlock = "" } = ec2.subnets.get(own.SubnetId ?? "") ?? {};
  return {
    NetworkMode: networkMode,
    IPv4Addresses: [own.PrivateIpAddress],
    AttachmentIndex: 0,
    MACAddress: own.MacAddress,
    IPv4SubnetCIDRBlock: CidrBlock,
    PrivateDNSName: own.PrivateDnsName,
  };
}

/** What the agent calls states of its own, which has no `DEACTIVATING`. */
function knownStatus(status: string | undefined): string | undefined {
  return status === "DEACTIVATING" || status === "STOPPING" ? "RUNNING" : status;
}
