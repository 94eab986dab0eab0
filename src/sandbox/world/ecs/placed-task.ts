import type { EcsTask, TaskDefinition } from "../records.ts";
import type { Region, World } from "../world.ts";
import { candidatesFor } from "./candidates.ts";
import { fargateTask } from "./fargate.ts";
import { newTask } from "./new-task.ts";
import { type NoPlacement, placeTask } from "./placement.ts";
import type { TaskOwner } from "./task-owner.ts";

/** The next task of an owner where there is a place for it: on Fargate, or on a container instance. It is not started yet. */
export function placedTask(
  world: World,
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
): EcsTask | NoPlacement {
  if (owner.fargate) return fargateTask(world, region, owner, definition);
  const place = placeTask(region, owner, definition, candidatesFor(region, owner));
  return "reason" in place ? place : newTask(world, region, owner, definition, place.instance);
}
