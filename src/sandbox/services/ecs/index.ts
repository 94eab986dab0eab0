import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { accountSettingOperations } from "./account-settings.ts";
import { capacityProviderOperations } from "./capacity-providers.ts";
import { clusterCapacityProviderOperations } from "./cluster-capacity-providers.ts";
import { clusterOperations } from "./clusters.ts";
import { containerInstanceOperations } from "./container-instances.ts";
import { executeCommandOperations } from "./execute-command.ts";
import { refuses } from "./operation.ts";
import { runTaskOperations } from "./run-task.ts";
import { serviceDeploymentOperations } from "./service-deployments.ts";
import { serviceOperations } from "./services.ts";
import { tagOperations } from "./tags.ts";
import { taskDefinitionOperations } from "./task-definitions.ts";
import { taskOperations } from "./tasks.ts";

/** Amazon Elastic Container Service. */
export function ecs(world: World): Service {
  return world.serve(
    defineService(
      "ecs",
      () => import("@aws-sdk/client-ecs"),
      {
        ...clusterOperations(world),
        ...clusterCapacityProviderOperations(world),
        ...capacityProviderOperations(world),
        ...containerInstanceOperations(world),
        ...taskDefinitionOperations(world),
        ...serviceOperations(world),
        ...serviceDeploymentOperations(world),
        ...taskOperations(world),
        ...runTaskOperations(world),
        ...executeCommandOperations(world),
        ...tagOperations(world),
        ...accountSettingOperations(world),
      },
      { rules: () => import("../models/ecs.json", { with: { type: "json" } }), refuses },
    ),
  );
}
