import type { Task } from "@aws-sdk/client-ecs";
import type { EcsTask } from "../../world/records.ts";

/** A task as ECS answers it. */
export function taskShape({ hidden: _hidden, tags, ...task }: EcsTask, withTags: boolean): Task {
  return { ...task, tags: withTags ? tags : [] };
}
