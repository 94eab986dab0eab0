import { DescribeContainerInstancesCommand } from "@aws-sdk/client-ecs";
import { nameIn } from "./arn.ts";
import type { Clients } from "./clients.ts";
import { isCode } from "./errors.ts";
import { tasksOf } from "./service-tasks.ts";

/** Containers that AWS adds to tasks, for Service Connect and for GuardDuty. */
const OF_AWS = /^(ecs-service-connect|aws-guardduty-agent)-/;

/** Whether AWS has added a container of this name to a task. */
export function isOfAws(name: string): boolean {
  return OF_AWS.test(name);
}

/** A container that runs for a service; none that AWS has added. */
export interface ServiceContainer {
  /** Id of its task. */
  readonly task: string;
  readonly name: string;
  /** Docker's id of it. */
  readonly runtimeId: string;
  /** ARN of the container instance; undefined: it is on no machine of ours (Fargate). */
  readonly containerInstance: string | undefined;
  /** Its task was started for ECS Exec. */
  readonly hasExec: boolean;
}

/** What runs for a service, that of the task that started last first. Undefined: the cluster has no such service. */
export async function containersOf(
  { ecs }: Pick<Clients, "ecs">,
  cluster: string,
  serviceName: string,
): Promise<ServiceContainer[] | undefined> {
  try {
    const tasks = await tasksOf({ ecs }, { cluster, name: serviceName }, "RUNNING");
    return tasks
      .sort((one, other) => (other.startedAt?.getTime() ?? 0) - (one.startedAt?.getTime() ?? 0))
      .flatMap(
        ({
          taskArn = "",
          containers = [],
          containerInstanceArn: containerInstance,
          enableExecuteCommand: hasExec = false,
        }) =>
          containers.flatMap(({ name = "", runtimeId, lastStatus }) =>
            runtimeId !== undefined && lastStatus === "RUNNING" && !isOfAws(name)
              ? { task: nameIn(taskArn), name, runtimeId, containerInstance, hasExec }
              : [],
          ),
      );
  } catch (error) {
    const isUnknown = isCode(error, "InvalidParameterException") && /service not found/i.test((error as Error).message);
    if (isUnknown || isCode(error, "ClusterNotFoundException", "ServiceNotFoundException")) return undefined;
    throw error;
  }
}

/** Id of the EC2 instance that a container instance is; undefined: it has left the cluster. */
export async function machineOf(
  { ecs }: Pick<Clients, "ecs">,
  cluster: string,
  containerInstance: string,
): Promise<string | undefined> {
  const { containerInstances = [] } = await ecs.send(
    new DescribeContainerInstancesCommand({ cluster, containerInstances: [containerInstance] }),
  );
  return containerInstances[0]?.ec2InstanceId;
}
