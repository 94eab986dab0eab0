import { nameIn } from "../../world/ecs/names.ts";
import type { Cluster, EcsTask } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { arnOf, clusterOf, type EcsOperations, findService, invalid, paged } from "./operation.ts";
import { taskShape } from "./task-shape.ts";

const MOST_TASKS = 100;

/** Tasks, whoever has started them. */
export function taskOperations(world: World): EcsOperations {
  return {
    ListTasks: {
      accepts: [
        "cluster",
        "containerInstance",
        "family",
        "serviceName",
        "desiredStatus",
        "startedBy",
        "launchType",
        "nextToken",
        "maxResults",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        const { containerInstance, family, serviceName, desiredStatus = "RUNNING", startedBy, launchType } = input;
        // ECS never sets a desired status of PENDING, so a listing by it is empty (ListTasks, desiredStatus).
        const service = serviceName === undefined ? undefined : findService(region, cluster, serviceName);
        if (serviceName !== undefined && !service) throw invalid("Service not found.");
        const found = tasksOf(region, cluster).filter(
          (task) =>
            task.desiredStatus === desiredStatus &&
            (!service || task.hidden.serviceArn === service.serviceArn) &&
            (family === undefined || familyOf(task) === family) &&
            (startedBy === undefined || task.startedBy === startedBy) &&
            (launchType === undefined || task.launchType === launchType) &&
            (containerInstance === undefined || nameIn(task.containerInstanceArn ?? "") === nameIn(containerInstance)),
        );
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { taskArns: items.map(({ taskArn }) => taskArn), ...rest };
      },
    },

    DescribeTasks: {
      accepts: ["cluster", "tasks", "include"],
      handle({ cluster: asked, tasks = [], include = [] }, { account, region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, asked);
        if (tasks.length === 0) throw invalid("Tasks cannot be empty.");
        if (tasks.length > MOST_TASKS) throw invalid(`At most ${MOST_TASKS} tasks can be described at once.`);
        const found = tasks.map((one) => ({ one, task: find(region, cluster, one) }));
        return {
          tasks: found.flatMap(({ task }) => (task ? taskShape(task, include.includes("TAGS")) : [])),
          failures: found.flatMap(({ one, task }) =>
            task
              ? []
              : { arn: arnOf(region, account, `task/${cluster.clusterName}/${nameIn(one)}`), reason: "MISSING" },
          ),
        };
      },
    },

    StopTask: {
      accepts: ["cluster", "task", "reason"],
      handle({ cluster: asked, task: id = "", reason = "Task stopped by user" }, { region: name }) {
        const region = world.region(name);
        const task = find(region, clusterOf(region, asked), id);
        if (!task) throw invalid("The referenced task was not found.");
        if (task.desiredStatus === "STOPPED") return { task: taskShape(task, true) };
        const stopped = region.ecs.tasks.put({
          ...task,
          desiredStatus: "STOPPED",
          stopCode: "UserInitiated",
          stoppedReason: reason,
          version: task.version + 1,
        });
        return { task: taskShape(stopped, true) };
      },
    },
  };
}

function tasksOf({ ecs }: Region, { clusterArn }: Cluster): EcsTask[] {
  return ecs.tasks.filter((task) => task.clusterArn === clusterArn);
}

function find(region: Region, cluster: Cluster, asked: string): EcsTask | undefined {
  return tasksOf(region, cluster).find(({ taskArn }) => nameIn(taskArn) === nameIn(asked));
}

function familyOf({ taskDefinitionArn }: EcsTask): string | undefined {
  return nameIn(taskDefinitionArn).split(":")[0];
}
