import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { activityOperations } from "./activities.ts";
import { policyOperations } from "./policies.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

/** Application Auto Scaling: the desired counts of ECS's services, and policies that track a target. No scheduled actions. */
export function applicationAutoScaling(world: World): Service {
  return world.serve(
    defineService(
      "application-autoscaling",
      () => import("@aws-sdk/client-application-auto-scaling"),
      {
        ...targetOperations(world),
        ...policyOperations(world),
        ...activityOperations(world),
        ...tagOperations(world),
      },
      { rules: () => import("../models/application-autoscaling.json", { with: { type: "json" } }) },
    ),
  );
}
