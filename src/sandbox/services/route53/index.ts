import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { hostedZoneOperations } from "./hosted-zones.ts";
import { refuses } from "./operation.ts";
import { recordSetOperations } from "./record-sets.ts";
import { zoneListingOperations } from "./zone-listings.ts";
import { zoneTagOperations } from "./zone-tags.ts";

/** Amazon Route 53. Global: the region of a request does not matter. Public hosted zones without routing policies. */
export function route53(world: World): Service {
  return world.serve(
    defineService(
      "route53",
      () => import("@aws-sdk/client-route-53"),
      {
        ...hostedZoneOperations(world),
        ...zoneListingOperations(world),
        ...recordSetOperations(world),
        ...zoneTagOperations(world),
      },
      { rules: () => import("../models/route53.json", { with: { type: "json" } }), refuses },
    ),
  );
}
