import type { ContainerDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import type { ContainerInstance, EcsTask, TaskDefinition } from "../records.ts";
import type { Region } from "../world.ts";

/** A port of a container instance. */
export interface HostPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** What a task takes of its container instance. */
export interface Needs {
  /** CPU units, 1024 a core. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** Those that are named; a host port of 0 takes any. */
  readonly ports: readonly HostPort[];
}

/** What a container instance has left. */
export interface Free {
  readonly cpu: number;
  readonly memory: number;
  readonly taken: readonly HostPort[];
}

/** Taken on every container instance: SSH, docker and the agent (ECS, PortMapping, hostPort). */
export const RESERVED_PORTS: readonly number[] = [22, 2375, 2376, 51678, 51679];

/** Limits of a task count before those of its containers (RegisterTaskDefinition, cpu and memory), and what a call overrides before either. */
export function needsOf({ cpu, memory, containerDefinitions }: TaskDefinition, overrides?: TaskOverride): Needs {
  const sum = (values: (number | undefined)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const containers = containerDefinitions.map((container) => withOverride(container, overrides));
  return {
    cpu: Number(cpu ?? sum(containers.map((container) => container.cpu))),
    memory: Number(memory ?? sum(containers.map((container) => container.memoryReservation ?? container.memory))),
    ports: containerDefinitions.flatMap(({ portMappings = [] }) =>
      portMappings.flatMap(({ hostPort = 0, protocol = "tcp" }) =>
        hostPort === 0 ? [] : { port: hostPort, protocol },
      ),
    ),
  };
}

/** A container with the processor and the memory that a call of RunTask gives it instead of its definition's (ContainerOverride). */
export function withOverride(container: ContainerDefinition, overrides: TaskOverride | undefined): ContainerDefinition {
  const { cpu, memory } = overrides?.containerOverrides?.find(({ name }) => name === container.name) ?? {};
  return { ...container, ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
}

/** Tasks that have a place on a container instance: all that have not stopped. */
export function tasksOn({ ecs }: Region, containerInstanceArn: string): EcsTask[] {
  return ecs.tasks.filter(
    (task) => task.containerInstanceArn === containerInstanceArn && task.lastStatus !== "STOPPED",
  );
}

/** What a container instance has left for further tasks. */
export function freeOn(region: Region, instance: ContainerInstance): Free {
  const tasks = tasksOn(region, instance.containerInstanceArn);
  const total = (name: string) => instance.registeredResources.find((one) => one.name === name)?.integerValue ?? 0;
  const bound = tasks.flatMap(({ containers }) => containers.flatMap(({ networkBindings = [] }) => networkBindings));
  const ports = bound.flatMap(({ hostPort, protocol = "tcp" }) =>
    hostPort === undefined ? [] : { port: hostPort, protocol },
  );
  return {
    cpu: total("CPU") - tasks.reduce((sum, { cpu }) => sum + Number(cpu), 0),
    memory: total("MEMORY") - tasks.reduce((sum, { memory }) => sum + Number(memory), 0),
    taken: [...RESERVED_PORTS.map((port) => ({ port, protocol: "tcp" as const })), ...ports],
  };
}
