import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { accountOperations } from "./account.ts";
import { accountDetailOperations } from "./account-details.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { openIdConnectProviderOperations } from "./openid-connect-providers.ts";
import { refuses } from "./operation.ts";
import { rolePolicyOperations } from "./role-policies.ts";
import { roleOperations } from "./roles.ts";
import { simulationOperations } from "./simulation.ts";

/** AWS Identity and Access Management. Global: the region of a request does not matter. */
export function iam(world: World): Service {
  return world.serve(
    defineService(
      "iam",
      () => import("@aws-sdk/client-iam"),
      {
        ...roleOperations(world),
        ...rolePolicyOperations(world),
        ...instanceProfileOperations(world),
        ...accountOperations(world),
        ...accountDetailOperations(world),
        ...simulationOperations(world),
        ...openIdConnectProviderOperations(world),
      },
      { rules: () => import("../models/iam.json", { with: { type: "json" } }), refuses },
    ),
  );
}
