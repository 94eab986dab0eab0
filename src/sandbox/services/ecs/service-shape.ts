import type { Deployment, Service as WireService } from "@aws-sdk/client-ecs";
import { tasksOf } from "../../world/ecs/deployments.ts";
import type { EcsService, EcsTask } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { isPending } from "./cluster-shape.ts";

/** A service as ECS answers it, with the counts of its tasks. */
export function serviceShape(region: Region, service: EcsService, withTags: boolean): WireService {
  const { hidden: _hidden, tags, deployments, ...rest } = service;
  const tasks = tasksOf(region, service);
  return {
    ...rest,
    ...countsOf(tasks),
    deployments: deployments.map((one): Deployment => {
      const desiredCount = one.status === "PRIMARY" ? service.desiredCount : 0;
      return { ...one, desiredCount, ...countsOf(tasks.filter(({ startedBy }) => startedBy === one.id)) };
    }),
    ...(withTags && { tags }),
  };
}

function countsOf(tasks: readonly EcsTask[]): { runningCount: number; pendingCount: number } {
  return {
    runningCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingCount: tasks.filter(({ lastStatus, desiredStatus }) => isPending(lastStatus) && desiredStatus === "RUNNING")
      .length,
  };
}
