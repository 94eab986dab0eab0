import type { TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Deletes task definitions that were asked to go, once no service and no task uses them (DeleteTaskDefinitions). */
export function controlTaskDefinitions(world: World): void {
  function sweep(region: Region): void {
    for (const definition of region.ecs.taskDefinitions.filter(isLeaving)) remove(region, definition);
  }

  function remove(region: Region, definition: TaskDefinition): void {
    const { family, revision, deleteRequestedAt } = definition;
    const due = (deleteRequestedAt?.getTime() ?? 0) + world.delay("task definition deleted");
    if (due > world.now().getTime() || isUsed(region, definition)) return;
    region.ecs.taskDefinitions.delete(`${family}:${revision}`);
  }

  const later = (region: Region) => world.at(world.later("task definition deleted"), () => sweep(region));
  world.watch("ecs", "taskDefinitions", (region, { before, after }) => {
    if (after && isLeaving(after) && before?.status !== after.status) later(region);
  });
  world.watch("ecs", "services", sweep);
  world.watch("ecs", "tasks", sweep);
  for (const region of world.regions()) later(region);
}

function isLeaving({ status }: TaskDefinition): boolean {
  return status === "DELETE_IN_PROGRESS";
}

function isUsed({ ecs }: Region, { taskDefinitionArn: arn }: TaskDefinition): boolean {
  return (
    ecs.services.find(({ status, taskDefinition }) => status !== "INACTIVE" && taskDefinition === arn) !== undefined ||
    ecs.tasks.find(({ lastStatus, taskDefinitionArn }) => lastStatus !== "STOPPED" && taskDefinitionArn === arn) !==
      undefined
  );
}
