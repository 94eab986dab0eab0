import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { authorizationOperations } from "./authorization.ts";
import { imageOperations } from "./images.ts";
import { lifecyclePolicyOperations } from "./lifecycle-policy.ts";
import { refuses } from "./operation.ts";
import { repositoryOperations } from "./repositories.ts";
import { tagOperations } from "./tags.ts";

/** Elastic Container Registry: repositories and what is known of their images. Images themselves come by docker. */
export function ecr(world: World): Service {
  return world.serve(
    defineService(
      "ecr",
      () => import("@aws-sdk/client-ecr"),
      {
        ...authorizationOperations(world),
        ...imageOperations(world),
        ...lifecyclePolicyOperations(world),
        ...repositoryOperations(world),
        ...tagOperations(world),
      },
      { rules: () => import("../models/ecr.json", { with: { type: "json" } }), refuses },
    ),
  );
}
