import { randomUUID } from "node:crypto";
import type { Container, NetworkBinding, PortMapping, TaskOverride } from "@aws-sdk/client-ecs";
import type { ContainerInstance, EcsTask, TaskDefinition } from "../records.ts";
import type { Region, World } from "../world.ts";
import { freeOn, needsOf, withOverride } from "./capacity.ts";
import { newTaskId } from "./deployments.ts";
import { nameIn } from "./names.ts";
import type { TaskOwner } from "./task-owner.ts";

/** Host ports that docker chooses from, where a mapping names none (ECS, PortMapping, hostPort). */
const EPHEMERAL = { first: 32768, last: 60999 };

/** What of a task depends on what it runs on. */
export interface Ground {
  readonly launched: Pick<EcsTask, "attachments"> & Partial<EcsTask>;
  /** Ports and addresses of a container, as far as they are known. */
  readonly network: (mappings: readonly PortMapping[]) => Pick<Container, "networkBindings" | "networkInterfaces">;
  readonly targets: (containers: readonly Container[]) => EcsTask["hidden"]["targets"];
  readonly hidden?: Partial<EcsTask["hidden"]>;
}

/** A task that has a place on a container instance, and is not started yet. */
export function newTask(
  world: World,
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
  instance: ContainerInstance,
): EcsTask {
  const ports = new FreePorts(region, instance);
  const zone = instance.attributes.find(({ name }) => name === "ecs.availability-zone")?.value;
  const provider = instance.capacityProviderName;
  return taskOn(world, region, owner, definition, {
    launched: {
      containerInstanceArn: instance.containerInstanceArn,
      ...(owner.capacityProviderStrategy && provider !== undefined && { capacityProviderName: provider }),
      ...(zone !== undefined && { availabilityZone: zone }),
      attachments: [],
      launchType: "EC2",
    },
    network: (mappings) => ({
      networkBindings: mappings.map((mapping) => ports.bind(mapping)),
      networkInterfaces: [],
    }),
    targets: (containers) => targetsOf(owner, containers, instance),
  });
}

/** A task that has a place on some ground, and is not started yet. */
export function taskOn(
  world: World,
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
  { launched, network, targets, hidden }: Ground,
): EcsTask {
  const id = newTaskId();
  const clusterName = nameIn(owner.clusterArn);
  const arnOf = (sort: string, name: string) =>
    `arn:aws:ecs:${region.name}:${world.account}:${sort}/${clusterName}/${name}`;
  const taskArn = arnOf("task", id);
  const { cpu, memory } = needsOf(definition, owner.overrides);
  const containers = definition.containerDefinitions
    .map((one) => withOverride(one, owner.overrides))
    .map(
      (one): Container => ({
        containerArn: arnOf("container", `${id}/${randomUUID()}`),
        taskArn,
        name: one.name,
        image: one.image,
        lastStatus: "PENDING",
        ...network(one.portMappings ?? []),
        healthStatus: "UNKNOWN",
        ...(owner.enableExecuteCommand && {
          managedAgents: [{ name: "ExecuteCommandAgent" as const, lastStatus: "PENDING" }],
        }),
        cpu: String(one.cpu ?? 0),
        ...(one.memory !== undefined && { memory: String(one.memory) }),
      }),
    );
  return {
    taskArn,
    clusterArn: owner.clusterArn,
    taskDefinitionArn: definition.taskDefinitionArn,
    ...launched,
    attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
    containers,
    cpu: String(cpu),
    memory: String(memory),
    createdAt: world.now(),
    desiredStatus: "RUNNING",
    lastStatus: "PROVISIONING",
    enableExecuteCommand: owner.enableExecuteCommand,
    group: owner.group,
    healthStatus: "UNKNOWN",
    overrides: overridesOf(definition, owner.overrides),
    ...(owner.startedBy !== undefined && { startedBy: owner.startedBy }),
    tags: owner.tags,
    version: 1,
    hidden: {
      ...(definition.taskRoleArn !== undefined && { credentialsId: randomUUID() }),
      ...(owner.serviceArn !== undefined && { serviceArn: owner.serviceArn }),
      targets: targets(containers),
      ...hidden,
    },
  };
}

/** As they are told of a task: each container is named, whether anything of it is another than the definition's. (ecs:RunTask, examples) */
function overridesOf({ containerDefinitions }: TaskDefinition, asked: TaskOverride = {}): TaskOverride {
  const { containerOverrides = [], inferenceAcceleratorOverrides = [], ...others } = asked;
  const told = containerDefinitions.map(({ name }) => containerOverrides.find((one) => one.name === name) ?? { name });
  return { ...others, containerOverrides: told, inferenceAcceleratorOverrides };
}

function targetsOf(
  { loadBalancers }: TaskOwner,
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
