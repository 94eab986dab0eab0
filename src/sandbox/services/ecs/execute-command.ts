import { AwsError, notEmulated } from "../../wire/service.ts";
import { nameIn } from "../../world/ecs/names.ts";
import type { World } from "../../world/world.ts";
import { clusterOf, type EcsOperations, invalid } from "./operation.ts";

/** Commands in containers ("Monitor Amazon ECS containers with ECS Exec"). */
export function executeCommandOperations(world: World): EcsOperations {
  return {
    ExecuteCommand: {
      accepts: ["cluster", "container", "command", "interactive", "task"],
      handle({ cluster: asked, container, interactive, task: id = "" }, { region: name }) {
        const region = world.region(name);
        const { clusterArn } = clusterOf(region, asked);
        const task = region.ecs.tasks.find(
          (one) => one.clusterArn === clusterArn && nameIn(one.taskArn) === nameIn(id),
        );
        if (!task) throw invalid("The referenced task was not found.");
        if (interactive !== true) throw invalid("Interactive is the only mode supported currently.");
        if (container === undefined && task.containers.length > 1) {
          throw invalid("The container name must be specified for a task with several containers.");
        }
        if (container !== undefined && !task.containers.some((one) => one.name === container)) {
          throw invalid(`The container ${container} was not found in the task.`);
        }
        if (task.lastStatus !== "RUNNING") {
          throw new AwsError("TargetNotConnectedException", "The execute command failed due to an internal error.");
        }
        if (!task.enableExecuteCommand) {
          throw invalid(
            "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
          );
        }
        throw notEmulated(
          "the session of ExecuteCommand, which is the session-manager-plugin's protocol (`docker exec` on the task's machine, through Run Command, is emulated)",
        );
      },
    },
  };
}
