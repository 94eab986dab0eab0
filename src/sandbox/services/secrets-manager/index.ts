import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { deletionOperations } from "./deletion.ts";
import { listingOperations } from "./list-secrets.ts";
import { randomPasswordOperations } from "./random-password.ts";
import { secretOperations } from "./secrets.ts";
import { tagOperations } from "./tags.ts";
import { valueOperations } from "./values.ts";

/** AWS Secrets Manager, without rotation, replicas, policies of secrets and keys of one's own. */
export function secretsManager(world: World): Service {
  return world.serve(
    defineService(
      "secretsmanager",
      () => import("@aws-sdk/client-secrets-manager"),
      {
        ...secretOperations(world),
        ...valueOperations(world),
        ...deletionOperations(world),
        ...listingOperations(world),
        ...tagOperations(world),
        ...randomPasswordOperations(),
      },
      { rules: () => import("../models/secretsmanager.json", { with: { type: "json" } }) },
    ),
    "secretsManager",
  );
}
