import type {
  Compatibility,
  ContainerDefinition,
  PortMapping,
  RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { notEmulated } from "../../wire/service.ts";
import { entry } from "../../world/entry.ts";
import type { TaskDefinition } from "../../world/records.ts";
import { checkName, clientError } from "./operation.ts";
import { checkExpression } from "./placement.ts";

/** Docker refuses containers with less, in MiB (ECS, ContainerDefinition, memory). */
const LEAST_MEMORY = 6;

/** Memory in MiB that Fargate has for so many CPU units: from, to and steps (ECS, "Fargate task definition parameters"). */
const FARGATE_MEMORY: Readonly<Record<string, readonly [least: number, most: number, step: number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16384, 1024],
  4096: [8192, 30720, 1024],
  8192: [16384, 61440, 4096],
  16384: [32768, 122880, 8192],
};

type Input = RegisterTaskDefinitionCommandInput;
type Registered = Omit<TaskDefinition, "taskDefinitionArn" | "family" | "revision" | "status" | "hidden">;

/** What is registered of a request: all that it does not say has its default. @throws AwsError if it is refused */
export function registered(input: Input): Registered {
  checkName("The task definition family", input.family ?? "");
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0) throw clientError("Container definitions should not be null or empty.");
  for (const container of containers) checkContainer(container, input);
  if (containers.every(({ essential }) => essential === false)) {
    throw clientError("Invalid 'essential' setting for container. At least one container must be essential.");
  }
  const names = containers.map(({ name }) => name);
  if (new Set(names).size < names.length) throw clientError("Container name must be unique within a task definition.");
  const forFargate = input.requiresCompatibilities?.includes("FARGATE") ?? false;
  if (forFargate) checkFargate(input);
  for (const { type, expression } of input.placementConstraints ?? []) {
    if (type !== "memberOf") throw clientError(`Invalid placement constraint type '${type}' of a task definition.`);
    checkExpression(expression ?? "");
  }
  const networkMode = input.networkMode ?? "bridge";
  if (networkMode === "none") throw notEmulated("the network mode none");
  const cpu = units(input.cpu, "vCPU");
  const memory = units(input.memory, "GB");
  return {
    containerDefinitions: containers.map((container) => withDefaults(container, networkMode)),
    networkMode,
    volumes: input.volumes ?? [],
    placementConstraints: input.placementConstraints ?? [],
    requiresAttributes: [],
    compatibilities: compatibilities(networkMode, cpu, memory),
    ...(input.requiresCompatibilities && { requiresCompatibilities: input.requiresCompatibilities }),
    ...(input.taskRoleArn !== undefined && { taskRoleArn: input.taskRoleArn }),
    ...(input.executionRoleArn !== undefined && { executionRoleArn: input.executionRoleArn }),
    ...(input.runtimePlatform && { runtimePlatform: input.runtimePlatform }),
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
  };
}

function checkContainer(container: ContainerDefinition, input: Input): void {
  const { name = "", image, memory, memoryReservation, secrets = [], portMappings = [] } = container;
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) throw clientError("Container.name contains invalid characters.");
  if (!image) throw clientError("Container.image should not be null or empty.");
  if (memory === undefined && memoryReservation === undefined && input.memory === undefined) {
    throw clientError(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  if (memory !== undefined && memory < LEAST_MEMORY) {
    throw clientError(
      `Invalid setting for container '${name}'. The minimum valid value for 'memory' is ${LEAST_MEMORY}.`,
    );
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    throw clientError(
      `Invalid setting for container '${name}'. 'memory' must be greater than or equal to 'memoryReservation'.`,
    );
  }
  if (secrets.length > 0 && input.executionRoleArn === undefined) {
    throw clientError(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  }
  checkEmulated(container);
  for (const mapping of portMappings) checkPort(mapping, name, input.networkMode ?? "bridge");
}

/** Settings of a container that the agent regards, or that are about nothing without another one. */
const EMULATED = new Set([
  "name",
  "image",
  "cpu",
  "memory",
  "memoryReservation",
  "portMappings",
  "essential",
  "entryPoint",
  "command",
  "environment",
  "secrets",
  "startTimeout",
  "stopTimeout",
  "versionConsistency",
  "hostname",
  "user",
  "workingDirectory",
  "dockerLabels",
  "logConfiguration",
  "healthCheck",
  "linuxParameters",
]);

const LOG_OPTIONS = new Set([
  "awslogs-group",
  "awslogs-region",
  "awslogs-stream-prefix",
  "awslogs-create-group",
  "mode",
  "max-buffer-size",
]);

/** @throws AwsError for a setting that would be without effect here */
function checkEmulated(container: ContainerDefinition): void {
  const isNothing = (value: unknown) => value === undefined || value === false || JSON.stringify(value) === "[]";
  for (const [setting, value] of Object.entries(container)) {
    if (!EMULATED.has(setting) && !isNothing(value)) throw notEmulated(`the container setting ${setting}`);
  }
  // Every container here has a process that cares for orphans.
  const { initProcessEnabled: _init, ...linux } = container.linuxParameters ?? {};
  const [parameter] = Object.entries(linux).find(([, value]) => !isNothing(value)) ?? [];
  if (parameter) throw notEmulated(`the container setting linuxParameters.${parameter}`);
  const { logDriver, options = {}, secretOptions = [] } = container.logConfiguration ?? {};
  if (logDriver !== undefined && logDriver !== "awslogs" && logDriver !== "json-file") {
    throw notEmulated(`the log driver ${logDriver}`);
  }
  if (secretOptions.length > 0) throw notEmulated("secret options of log drivers");
  const other = logDriver === "awslogs" && Object.keys(options).find((option) => !LOG_OPTIONS.has(option));
  if (other) throw notEmulated(`the log option ${other}`);
}

function checkPort(
  { containerPort = 0, hostPort, containerPortRange, protocol }: PortMapping,
  name: string,
  mode: string,
): void {
  if (containerPortRange !== undefined) throw notEmulated("ranges of container ports");
  if (protocol === "udp") throw notEmulated("UDP ports of containers");
  if (containerPort < 1 || containerPort > 65535) {
    throw clientError(`Invalid 'containerPort' setting for container '${name}'.`);
  }
  if (mode !== "bridge" && hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort) {
    throw clientError(`When networkMode=${mode}, the host ports and container ports in port mappings must match.`);
  }
}

function withDefaults(container: ContainerDefinition, networkMode: string): ContainerDefinition {
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      protocol: "tcp" as const,
      ...mapping,
      hostPort: networkMode === "bridge" ? (mapping.hostPort ?? 0) : mapping.containerPort,
    })),
    ...(container.healthCheck && {
      healthCheck: { interval: 30, timeout: 5, retries: 3, ...container.healthCheck },
    }),
  };
}

/** CPU units or MiB, from what may be written as `1 vCPU` or `2 GB`. */
function units(asked: string | undefined, unit: "vCPU" | "GB"): string | undefined {
  if (asked === undefined) return undefined;
  const [, number = "", word] = /^(\d+(?:\.\d+)?)\s*(vCPU|GB)?$/i.exec(asked.trim()) ?? [];
  if (number === "" || (word !== undefined && word.toLowerCase() !== unit.toLowerCase())) {
    throw clientError(`Invalid '${unit === "GB" ? "memory" : "cpu"}' setting for task: ${asked}`);
  }
  return String(word === undefined ? Number(number) : Number(number) * 1024);
}

function compatibilities(mode: string, cpu: string | undefined, memory: string | undefined): Compatibility[] {
  return mode === "awsvpc" && cpu !== undefined && memory !== undefined ? ["EC2", "FARGATE"] : ["EC2"];
}

function checkFargate(input: Input): void {
  if ((input.networkMode ?? "bridge") !== "awsvpc") {
    throw clientError("Fargate only supports network mode ‘awsvpc’.");
  }
  const cpu = units(input.cpu, "vCPU");
  const memory = units(input.memory, "GB");
  if (cpu === undefined) throw clientError("Fargate requires that 'cpu' be defined at the task level.");
  if (memory === undefined) throw clientError("Fargate requires that 'memory' be defined at the task level.");
  const [least, most, step] = entry(FARGATE_MEMORY, cpu) ?? [1, 0, 1];
  const isPair = Number(memory) >= least && Number(memory) <= most && Number(memory) % step === 0;
  if (!isPair) {
    throw clientError(
      "No Fargate configuration exists for given values. See the Amazon ECS documentation for the valid values.",
    );
  }
  const usesOurRegistry = input.containerDefinitions?.some(({ image = "" }) => /\.dkr\.ecr\./.test(image));
  if (usesOurRegistry && input.executionRoleArn === undefined) {
    throw clientError("Fargate requires task definition to have execution role ARN to support ECR images.");
  }
  const driver = input.containerDefinitions?.find(({ logConfiguration }) => logConfiguration)?.logConfiguration
    ?.logDriver;
  if (driver === "awslogs" && input.executionRoleArn === undefined) {
    throw clientError("Fargate requires task definition to have execution role ARN to support log driver awslogs.");
  }
}
