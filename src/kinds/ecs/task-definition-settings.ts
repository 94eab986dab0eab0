import type {
  ContainerDefinition,
  TaskDefinition as EcsTaskDefinition,
  RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import type { ContainerDesired, TaskDefinitionDesired } from "./task-definition-desired.ts";

/** What of a task definition we set, flat: path of the field -> value in words. Two that do the same are equal. */
export type Settings = Readonly<Record<string, string>>;

/** A task definition as RegisterTaskDefinition takes it. */
export function toAws(desired: TaskDefinitionDesired): RegisterTaskDefinitionCommandInput {
  const { family, networkMode, requiresCompatibilities, runtimePlatform, executionRole, taskRole } = desired;
  return {
    family,
    networkMode,
    requiresCompatibilities: [...requiresCompatibilities],
    runtimePlatform: {
      operatingSystemFamily: runtimePlatform.operatingSystem,
      cpuArchitecture: runtimePlatform.architecture,
    },
    executionRoleArn: executionRole,
    ...(taskRole !== undefined && { taskRoleArn: taskRole }),
    ...(desired.cpu !== undefined && { cpu: `${desired.cpu}` }),
    ...(desired.memory !== undefined && { memory: `${desired.memory}` }),
    containerDefinitions: desired.containers.map(toAwsContainer),
    placementConstraints: (desired.placementConstraints ?? []).map((expression) => ({ type: "memberOf", expression })),
  };
}

function toAwsContainer(container: ContainerDesired): ContainerDefinition {
  const {
    environment,
    secrets,
    portMappings,
    logConfiguration,
    healthCheck,
    initProcess,
    keeps: _,
    ...rest
  } = container;
  return {
    ...rest,
    portMappings: portMappings.map((mapping) => ({ ...mapping })),
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    ...(logConfiguration && {
      logConfiguration: { logDriver: logConfiguration.driver, options: { ...logConfiguration.options } },
    }),
    ...(healthCheck && { healthCheck: { ...healthCheck, command: [...healthCheck.command] } }),
    ...(initProcess && { linuxParameters: { initProcessEnabled: true } }),
  };
}

/** A task definition with what others have set in a revision of these settings. */
export function withKept(desired: TaskDefinitionDesired, present: Settings): TaskDefinitionDesired {
  const containers = desired.containers.map((container) => {
    const kept = (container.keeps ?? []).flatMap((name) => {
      const value = present[environmentField(container.name, name)];
      return value === undefined ? [] : [[name, value] as const];
    });
    return kept.length === 0
      ? container
      : { ...container, environment: { ...Object.fromEntries(kept), ...container.environment } };
  });
  return { ...desired, containers };
}

/** The setting that a value of a container's environment is. */
export function environmentField(container: string, name: string): string {
  return `container ${container}: environment ${name}`;
}

/**
 * The settings of what ECS has, or of what it would be asked for. What nobody set is left out, and so are the defaults that
 * ECS fills in (RegisterTaskDefinition), or every look would find a difference.
 */
export function settingsOf(definition: EcsTaskDefinition | RegisterTaskDefinitionCommandInput): Settings {
  const { networkMode, requiresCompatibilities, runtimePlatform, placementConstraints, containerDefinitions } =
    definition;
  const { executionRoleArn, taskRoleArn, cpu, memory } = definition;
  const own = {
    networkMode,
    requiresCompatibilities: sorted(requiresCompatibilities),
    "runtimePlatform.operatingSystemFamily": runtimePlatform?.operatingSystemFamily,
    "runtimePlatform.cpuArchitecture": runtimePlatform?.cpuArchitecture,
    executionRoleArn,
    taskRoleArn,
    cpu,
    memory,
    placementConstraints: sorted(placementConstraints?.map(({ type, expression }) => `${type} ${expression}`)),
  };
  const containers = (containerDefinitions ?? []).flatMap((container) =>
    Object.entries(containerSettings(container, networkMode)).map(
      ([field, value]) => [`container ${container.name}: ${field}`, value] as const,
    ),
  );
  const entries = [...Object.entries(own), ...containers].filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(entries.map(([field, value]) => [field, `${value}`]));
}

function containerSettings(container: ContainerDefinition, networkMode: string | undefined): Record<string, unknown> {
  const { image, cpu, memory, memoryReservation, essential, command, portMappings, environment, secrets } = container;
  const { logConfiguration, healthCheck, linuxParameters, stopTimeout } = container;
  const { interval = 30, timeout = 5, retries = 3, startPeriod } = healthCheck ?? {};
  return {
    image,
    cpu: cpu ?? 0,
    memory,
    memoryReservation,
    stopTimeout,
    essential: essential ?? true,
    command: command?.length ? JSON.stringify(command) : undefined,
    portMappings: sorted(
      portMappings?.map(({ containerPort, hostPort, protocol = "tcp", name, appProtocol }) =>
        [
          networkMode === "bridge" ? `${hostPort ?? 0}:${containerPort}/${protocol}` : `${containerPort}/${protocol}`,
          ...(name === undefined ? [] : [`named ${name}`]),
          ...(appProtocol === undefined ? [] : [`for ${appProtocol}`]),
        ].join(" "),
      ),
    ),
    "linuxParameters.initProcessEnabled": linuxParameters?.initProcessEnabled || undefined,
    ...Object.fromEntries((environment ?? []).map(({ name, value }) => [`environment ${name}`, value])),
    ...Object.fromEntries((secrets ?? []).map(({ name, valueFrom }) => [`secret ${name}`, valueFrom])),
    "logConfiguration.logDriver": logConfiguration?.logDriver,
    ...Object.fromEntries(
      Object.entries(logConfiguration?.options ?? {}).map(([name, value]) => [`logConfiguration ${name}`, value]),
    ),
    healthCheck:
      healthCheck && JSON.stringify({ command: healthCheck.command, interval, timeout, retries, startPeriod }),
  };
}

function sorted(list: readonly string[] | undefined): string {
  return [...(list ?? [])].sort().join(", ");
}
