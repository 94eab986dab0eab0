import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { groupInstanceOperations } from "./group-instances.ts";
import { groupSettingOperations } from "./group-settings.ts";
import { groupOperations } from "./groups.ts";
import { lifecycleHookOperations } from "./lifecycle-hooks.ts";
import { processOperations } from "./processes.ts";

/** Amazon EC2 Auto Scaling. */
export function autoScaling(world: World): Service {
  return world.serve(
    defineService(
      "autoscaling",
      () => import("@aws-sdk/client-auto-scaling"),
      {
        ...groupOperations(world),
        ...groupSettingOperations(world),
        ...groupInstanceOperations(world),
        ...lifecycleHookOperations(world),
        ...processOperations(world),
      },
      { rules: () => import("../models/autoscaling.json", { with: { type: "json" } }) },
    ),
  );
}
