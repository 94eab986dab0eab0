import { DescribeTasksCommand, paginateListTasks, type Task } from "@aws-sdk/client-ecs";
import { chunks } from "./chunks.ts";
import type { Clients } from "./clients.ts";

/** Tasks that one call describes. (DescribeTasks) */
const MOST = 100;

/**
 * All tasks of a service that are to run, or that have stopped in the last hour or so, or both, in no order.
 *
 * @param name of the service; undefined: all of the cluster
 */
export async function tasksOf(
  { ecs }: Pick<Clients, "ecs">,
  { cluster, name }: { readonly cluster: string; readonly name?: string },
  ...statuses: readonly ("RUNNING" | "STOPPED")[]
): Promise<Task[]> {
  const list = async (desiredStatus: (typeof statuses)[number]) => {
    const arns: string[] = [];
    for await (const page of paginateListTasks({ client: ecs }, { cluster, serviceName: name, desiredStatus }))
      arns.push(...(page.taskArns ?? []));
    return arns;
  };
  const arns = (await Promise.all(statuses.map(list))).flat();
  const answers = await Promise.all(
    chunks(arns, MOST).map((tasks) => ecs.send(new DescribeTasksCommand({ cluster, tasks }))),
  );
  return answers.flatMap(({ tasks = [] }) => tasks);
}
