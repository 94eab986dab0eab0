import { randomBytes } from "node:crypto";
import type { ContainerDefinition, HealthCheck } from "@aws-sdk/client-ecs";
import type { ContainerSpec } from "../plane/container.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";

/** Label that tells of which task a container is. */
export const TASK_LABEL = "com.amazonaws.ecs.task-arn";

const MIB = 2 ** 20;

/**
 * What the agent has docker run for a container of a task. Docker's bound on its memory is the container's, else the task's;
 * a reservation bounds nothing.
 *
 * @param secrets values by what names them
 * @param ofAgent variables that the agent adds
 */
export function containerSpec(
  task: EcsTask,
  definition: TaskDefinition,
  container: ContainerDefinition,
  secrets: ReadonlyMap<string, string>,
  ofAgent: Readonly<Record<string, string>>,
): ContainerSpec {
  const { name = "", image = "", entryPoint, user, workingDirectory, healthCheck } = container;
  const hostname = container.hostname ?? nameOf(task);
  const override = task.overrides?.containerOverrides?.find((one) => one.name === name);
  const command = override?.command ?? container.command;
  const memory = override?.memory ?? container.memory ?? (definition.memory && Number(definition.memory));
  // In the network mode awsvpc a task has an address of its own, and its ports are those of its containers.
  const isAwsvpc = definition.networkMode === "awsvpc";
  const bindings = isAwsvpc
    ? container.portMappings
    : task.containers.find((one) => one.name === name)?.networkBindings;
  return {
    name: `ecs-${definition.family}-${definition.revision}-${name}-${randomBytes(10).toString("hex")}`,
    image,
    ...(command && command.length > 0 && { command }),
    ...(entryPoint && entryPoint.length > 0 && { entrypoint: entryPoint }),
    env: {
      ...ofAgent,
      ...platformEnvironment(task),
      ...valuesOf(container.environment),
      ...valuesOf(override?.environment),
      ...Object.fromEntries(
        (container.secrets ?? []).map(({ name: variable = "", valueFrom = "" }) => [
          variable,
          secrets.get(valueFrom) ?? "",
        ]),
      ),
    },
    ports: (bindings ?? []).map(({ containerPort = 0, hostPort = 0 }) => ({ containerPort, hostPort })),
    ...(healthCheck && { healthcheck: healthcheckOf(healthCheck) }),
    ...(memory && { memory: memory * MIB }),
    ...(workingDirectory !== undefined && { workingDir: workingDirectory }),
    ...(user !== undefined && { user }),
    ...(hostname !== undefined && { hostname }),
    labels: {
      ...container.dockerLabels,
      "com.amazonaws.ecs.cluster": nameIn(task.clusterArn),
      "com.amazonaws.ecs.container-name": name,
      [TASK_LABEL]: task.taskArn,
      "com.amazonaws.ecs.task-definition-family": definition.family,
      "com.amazonaws.ecs.task-definition-version": String(definition.revision),
    },
  };
}

/** What the platform adds. On Fargate it names the region, and the host, whatever the image says of that. */
function platformEnvironment(task: EcsTask): Record<string, string> {
  if (task.launchType !== "FARGATE") return { AWS_EXECUTION_ENV: "AWS_ECS_EC2" };
  const [, , , region = ""] = task.taskArn.split(":");
  const host = nameOf(task);
  return {
    AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(host !== undefined && { HOSTNAME: host }),
  };
}

/** That of its own network interface; undefined: it has none. */
function nameOf({ attachments = [] }: EcsTask): string | undefined {
  return attachments.flatMap(({ details = [] }) => details).find(({ name }) => name === "privateDnsName")?.value;
}

function valuesOf(pairs: ContainerDefinition["environment"]): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ name = "", value = "" }) => [name, value]));
}

/** Docker counts in nanoseconds. */
function healthcheckOf({ command = [], interval, timeout, retries, startPeriod }: HealthCheck) {
  const nanoseconds = (seconds: number) => seconds * 1e9;
  return {
    Test: command,
    ...(interval !== undefined && { Interval: nanoseconds(interval) }),
    ...(timeout !== undefined && { Timeout: nanoseconds(timeout) }),
    ...(startPeriod !== undefined && { StartPeriod: nanoseconds(startPeriod) }),
    ...(retries !== undefined && { Retries: retries }),
  };
}
