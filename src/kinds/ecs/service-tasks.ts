import { DescribeTasksCommand, paginateListTasks, type Task } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";

/** All tasks of a service that are to run, or that have stopped in the last hour or so, in no order. */
export async function tasksOf(
  { ecs }: Aws,
  { cluster, name }: { readonly cluster: string; readonly name: string },
  desiredStatus: "RUNNING" | "STOPPED",
): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const page of paginateListTasks({ client: ecs }, { cluster, serviceName: name, desiredStatus })) {
    if (!page.taskArns?.length) continue;
    tasks.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks: page.taskArns }))).tasks ?? []));
  }
  return tasks;
}
