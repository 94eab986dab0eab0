import { paginateDescribeInstances } from "@aws-sdk/client-ec2";
import {
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  paginateListContainerInstances,
  paginateListServices,
  paginateListTasks,
} from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import { chunks } from "../../aws/chunks.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Blocker } from "../../engine/task.ts";

/**
 * Who keeps a cluster from going (ecs:DeleteCluster, ClusterContains...Exception): services that nobody deletes, tasks that no
 * service will stop, instances that run. What ends already goes by itself and is not named.
 */
export async function clusterHolder(aws: Aws, cluster: string): Promise<Blocker | undefined> {
  return holder(
    await Promise.all([activeServices(aws, cluster), looseTasks(aws, cluster), runningInstances(aws, cluster)]),
  );
}

/** Who keeps capacity providers in a cluster: services and tasks. The instances are those of its groups, and no hindrance. */
export async function capacityHolder(aws: Aws, cluster: string): Promise<Blocker | undefined> {
  return holder(await Promise.all([activeServices(aws, cluster), looseTasks(aws, cluster)]));
}

function holder([services = [], tasks = [], instances = []]: readonly string[][]): Blocker | undefined {
  const staying = [...services, ...tasks, ...instances];
  if (staying.length === 0) return undefined;
  const steps = [
    ...services.map((one) => `delete ${one}`),
    ...tasks.map((one) => `stop ${one}`),
    ...instances.map((one) => `deregister or terminate ${one}`),
  ];
  return {
    by: staying.join(", "),
    next: `Others use the cluster. In the ECS console, ${steps.join(", ")}; then run the same command again.`,
  };
}

/** At most 10 in a call (ecs:DescribeServices). */
async function activeServices({ ecs }: Aws, cluster: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListServices({ client: ecs }, { cluster })) arns.push(...(page.serviceArns ?? []));
  const answers = chunks(arns, 10).map((services) => ecs.send(new DescribeServicesCommand({ cluster, services })));
  return (await Promise.all(answers)).flatMap(({ services = [] }) =>
    services.flatMap(({ status, serviceName }) => (status === "ACTIVE" ? [`service ${serviceName}`] : [])),
  );
}

/** Tasks that were run by themselves, not by a service (their group is `family:...`). At most 100 in a call. */
async function looseTasks({ ecs }: Aws, cluster: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListTasks({ client: ecs }, { cluster, desiredStatus: "RUNNING" }))
    arns.push(...(page.taskArns ?? []));
  const answers = chunks(arns, 100).map((tasks) => ecs.send(new DescribeTasksCommand({ cluster, tasks })));
  return (await Promise.all(answers)).flatMap(({ tasks = [] }) =>
    tasks.flatMap(({ group = "", taskArn = "", desiredStatus }) =>
      desiredStatus === "RUNNING" && !group.startsWith("service:") ? [`task ${nameIn(taskArn)} (${group})`] : [],
    ),
  );
}

/** At most 100 in a call (ecs:DescribeContainerInstances). */
async function runningInstances({ ecs, ec2 }: Aws, cluster: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListContainerInstances({ client: ecs }, { cluster }))
    arns.push(...(page.containerInstanceArns ?? []));
  const answers = chunks(arns, 100).map((containerInstances) =>
    ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances })),
  );
  const ids = (await Promise.all(answers)).flatMap(({ containerInstances = [] }) =>
    containerInstances.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []),
  );
  if (ids.length === 0) return [];
  // Those of ECS Anywhere are no instances of EC2, and never go by themselves.
  const external = ids.filter((id) => !id.startsWith("i-"));
  const Filters = [
    { Name: "instance-id", Values: ids },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const running = external.map((id) => `external instance ${id}`);
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const { Instances = [] } of Reservations)
      running.push(...Instances.map((one) => `instance ${one.InstanceId}`));
  }
  return running;
}
