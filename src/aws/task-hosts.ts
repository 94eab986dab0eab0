import { DescribeContainerInstancesCommand, type Task } from "@aws-sdk/client-ecs";
import { chunks } from "./chunks.ts";
import type { Clients } from "./clients.ts";

/** Where a task answers, as target groups name it. */
export interface TaskHost {
  /** Id of its machine, or its own address; empty: it has none yet, or no more. */
  readonly host: string;
  /** Ports of its machine that are its own; undefined: all are, of an address of its own. */
  readonly ports: readonly number[] | undefined;
}

/** Container instances that one call describes. (DescribeContainerInstances) */
const MOST = 100;

/**
 * Where tasks answer, in their order. A call, unless all of their machines are known.
 *
 * @param known EC2 ids of machines by the ARNs of their container instances, which never change: those that were asked for are added
 */
export async function hostsOfTasks(
  { ecs }: Pick<Clients, "ecs">,
  cluster: string,
  tasks: readonly Task[],
  known = new Map<string, string>(),
): Promise<TaskHost[]> {
  const arns = new Set(tasks.flatMap(({ containerInstanceArn }) => containerInstanceArn ?? []));
  for (const containerInstances of chunks(
    [...arns].filter((arn) => !known.has(arn)),
    MOST,
  )) {
    const found = await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }));
    // One that has left the cluster is among the failures.
    for (const arn of containerInstances) known.set(arn, "");
    for (const one of found.containerInstances ?? [])
      known.set(one.containerInstanceArn ?? "", one.ec2InstanceId ?? "");
  }
  return tasks.map((task) => hostOf(task, known));
}

function hostOf(
  { attachments = [], containers = [], containerInstanceArn }: Task,
  machines: Map<string, string>,
): TaskHost {
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  const address = details.find(({ name }) => name === "privateIPv4Address")?.value;
  const bindings = containers.flatMap(({ networkBindings = [] }) => networkBindings);
  return {
    host: address ?? machines.get(containerInstanceArn ?? "") ?? "",
    ports: address === undefined ? bindings.flatMap(({ hostPort }) => hostPort ?? []) : undefined,
  };
}

/** Whether a target, by its id and port, is this task's. */
export function isTargetOf({ host, ports }: TaskHost, id: string, port: number): boolean {
  return host === id && (ports?.includes(port) ?? true);
}
