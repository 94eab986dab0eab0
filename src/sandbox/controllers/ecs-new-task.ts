import type { Container, NetworkBinding, PortMapping } from "@aws-sdk/client-ecs";
import { freeOn, needsOf } from "../world/ecs/capacity.ts";
import { newTaskId } from "../world/ecs/deployments.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { ContainerInstance, EcsService, EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Host ports that docker chooses from, where a mapping names none (ECS, PortMapping, hostPort). */
const EPHEMERAL = { first: 32768, last: 60999 };

/** A task of a service that has a place, and is not started yet. */
export function newTask(
  world: World,
  region: Region,
  service: EcsService,
  definition: TaskDefinition,
  instance: ContainerInstance,
): EcsTask {
  const id = newTaskId();
  const clusterName = nameIn(service.clusterArn);
  const arnOf = (sort: string, name: string) =>
    `arn:aws:ecs:${region.name}:${world.account}:${sort}/${clusterName}/${name}`;
  const taskArn = arnOf("task", id);
  const { cpu, memory } = needsOf(definition);
  const ports = new FreePorts(region, instance);
  const containers = definition.containerDefinitions.map(
    (one): Container => ({
      containerArn: arnOf("container", `${id}/${newTaskId()}`),
      taskArn,
      name: one.name,
      image: one.image,
      lastStatus: "PENDING",
      networkBindings: (one.portMappings ?? []).map((mapping) => ports.bind(mapping)),
      networkInterfaces: [],
      healthStatus: "UNKNOWN",
      cpu: String(one.cpu ?? 0),
      ...(one.memory !== undefined && { memory: String(one.memory) }),
    }),
  );
  const zone = instance.attributes.find(({ name }) => name === "ecs.availability-zone")?.value;
  const tags = service.propagateTags === "SERVICE" ? service.tags : [];
  const provider = instance.capacityProviderName;
  return {
    taskArn,
    clusterArn: service.clusterArn,
    taskDefinitionArn: definition.taskDefinitionArn,
    containerInstanceArn: instance.containerInstanceArn,
    ...(service.capacityProviderStrategy && provider !== undefined && { capacityProviderName: provider }),
    ...(zone !== undefined && { availabilityZone: zone }),
    attachments: [],
    attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
    containers,
    cpu: String(cpu),
    memory: String(memory),
    createdAt: world.now(),
    desiredStatus: "RUNNING",
    lastStatus: "PROVISIONING",
    launchType: "EC2",
    enableExecuteCommand: service.enableExecuteCommand ?? false,
    group: `service:${service.serviceName}`,
    healthStatus: "UNKNOWN",
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    startedBy: service.deployments[0]?.id,
    tags: service.propagateTags === "TASK_DEFINITION" ? definition.hidden.tags : tags,
    version: 1,
    hidden: { serviceArn: service.serviceArn, targets: targetsOf(service, containers, instance) },
  };
}

function targetsOf(
  { loadBalancers }: EcsService,
  containers: readonly Container[],
  { ec2InstanceId }: ContainerInstance,
): EcsTask["hidden"]["targets"] {
  return loadBalancers.flatMap(({ targetGroupArn = "", containerName, containerPort }) =>
    containers
      .filter(({ name }) => name === containerName)
      .flatMap(({ networkBindings = [] }) => networkBindings)
      .filter((binding) => binding.containerPort === containerPort)
      .map(({ hostPort = 0 }) => ({ TargetGroupArn: targetGroupArn, Id: ec2InstanceId, Port: hostPort })),
  );
}

/** Ports of a container instance that nothing has yet. */
class FreePorts {
  readonly #taken: Set<string>;

  constructor(region: Region, instance: ContainerInstance) {
    this.#taken = new Set(freeOn(region, instance).taken.map(({ port, protocol }) => `${port}/${protocol}`));
  }

  bind({ containerPort, hostPort = 0, protocol = "tcp" }: PortMapping): NetworkBinding {
    const port = hostPort === 0 ? this.#next(protocol) : hostPort;
    this.#taken.add(`${port}/${protocol}`);
    return { bindIP: "0.0.0.0", containerPort, hostPort: port, protocol };
  }

  #next(protocol: string): number {
    for (let port = EPHEMERAL.first; port <= EPHEMERAL.last; port++) {
      if (!this.#taken.has(`${port}/${protocol}`)) return port;
    }
    throw new Error("no host port is left");
  }
}
