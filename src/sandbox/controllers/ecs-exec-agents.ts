import type { ManagedAgent } from "@aws-sdk/client-ecs";
import type { EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** The agents that ECS adds to containers for ECS Exec: they come up after their task has, and end with it. */
export function controlExecAgents(world: World): void {
  function react(region: Region, { taskArn, lastStatus }: EcsTask): void {
    if (lastStatus === "STOPPED") change(region, taskArn, { lastStatus });
    if (lastStatus !== "RUNNING") return;
    world.at(world.later("execute command agent runs"), () => {
      if (region.ecs.tasks.get(taskArn)?.lastStatus !== "RUNNING") return;
      change(region, taskArn, { lastStatus: "RUNNING", lastStartedAt: world.now() });
    });
  }

  function change(region: Region, taskArn: string, to: ManagedAgent): void {
    region.ecs.tasks.update(taskArn, (draft) => {
      for (const { managedAgents = [] } of draft.containers) {
        for (const agent of managedAgents) Object.assign(agent, to);
      }
      draft.version++;
    });
  }

  world.watch("ecs", "tasks", (region, { before, after }) => {
    if (after?.enableExecuteCommand && after.lastStatus !== before?.lastStatus) react(region, after);
  });
  for (const region of world.regions()) {
    for (const task of region.ecs.tasks.filter(isComingUp)) react(region, task);
  }
}

function isComingUp({ enableExecuteCommand, lastStatus, containers }: EcsTask): boolean {
  const agents = containers.flatMap(({ managedAgents = [] }) => managedAgents);
  return (
    enableExecuteCommand === true && lastStatus === "RUNNING" && agents.some((one) => one.lastStatus === "PENDING")
  );
}
