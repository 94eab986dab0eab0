import { AwsError } from "../../wire/service.ts";
import { ecsTasksService, mayAssume, refusalOf } from "../../world/acting-roles.ts";
import { nameIn } from "../../world/ecs/names.ts";
import type { EcsTask } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { clusterOf, type EcsOperations, invalid } from "./operation.ts";

/** What the agent in a container calls, with the task's role ("ECS Exec", task IAM role). */
const CALLS = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];

/** Commands in containers ("Monitor Amazon ECS containers with ECS Exec"). */
export function executeCommandOperations(world: World): EcsOperations {
  return {
    ExecuteCommand: {
      accepts: ["cluster", "container", "command", "interactive", "task"],
      handle({ cluster: asked, container: named, command = "", interactive, task: id = "" }, { region: name }) {
        const region = world.region(name);
        const { clusterArn } = clusterOf(region, asked);
        const { taskArn, lastStatus, containers, ...task } = taskNamed(region, clusterArn, id);
        if (interactive !== true) throw invalid("Interactive is the only mode supported currently.");
        if (named === undefined && containers.length > 1) {
          throw invalid("The container name must be specified for a task with several containers.");
        }
        const container = named === undefined ? containers[0] : containers.find((one) => one.name === named);
        if (!container) throw invalid(`The container ${named} was not found in the task.`);
        const agent = container.managedAgents?.find((one) => one.name === "ExecuteCommandAgent");
        if (lastStatus !== "RUNNING" || agent?.lastStatus !== "RUNNING") {
          throw invalid(
            "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
          );
        }
        if (!isConnected(world, region, { taskArn, ...task })) {
          throw new AwsError(
            "TargetNotConnectedException",
            "The execute command failed due to an internal error. Try again later.",
          );
        }
        const { containerArn, name: containerName = "" } = container;
        const session = world.execSessions.open({ region: name, taskArn, container: containerName, command });
        return { clusterArn, containerArn, containerName, interactive, taskArn, session };
      },
    },
  };
}

/** @throws AwsError */
function taskNamed({ ecs }: Region, clusterArn: string, asked: string): EcsTask {
  const id = nameIn(asked);
  if (![32, 36].includes(id.length)) throw invalid("task length should be one of [32,36]");
  const task = ecs.tasks.find((one) => one.clusterArn === clusterArn && nameIn(one.taskArn) === id);
  if (!task) throw invalid("The referenced task was not found.");
  return task;
}

/** Whether the agent in the containers of such a task gets through to Session Manager with the task's role. */
function isConnected(
  world: World,
  region: Region,
  { taskArn, taskDefinitionArn }: Pick<EcsTask, "taskArn" | "taskDefinitionArn">,
): boolean {
  const { taskRoleArn } = region.ecs.taskDefinitions.get(nameIn(taskDefinitionArn)) ?? {};
  const role = world.iam.roles.find(({ Arn, RoleName }) => Arn === taskRoleArn || RoleName === taskRoleArn);
  const name = nameIn(taskArn);
  if (!role || !mayAssume(world, role, ecsTasksService(world, region.name, name))) return false;
  const acting = { role, name, sourceIp: undefined };
  const request = { resource: "*", region: region.name };
  return CALLS.every((call) => refusalOf(world, acting, { action: `ssmmessages:${call}`, ...request }) === undefined);
}
