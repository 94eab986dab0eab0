import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { discoveryOperations } from "./discovery.ts";
import { namespaceOperations } from "./namespaces.ts";
import { progressOperations } from "./progress.ts";
import { tagOperations } from "./tags.ts";

/** AWS Cloud Map: HTTP namespaces; services and their instances are those of Service Connect. */
export function serviceDiscovery(world: World): Service {
  return world.serve(
    defineService(
      "servicediscovery",
      () => import("@aws-sdk/client-servicediscovery"),
      {
        ...namespaceOperations(world),
        ...progressOperations(world),
        ...discoveryOperations(world),
        ...tagOperations(world),
      },
      { rules: () => import("../models/servicediscovery.json", { with: { type: "json" } }) },
    ),
    "serviceDiscovery",
  );
}
