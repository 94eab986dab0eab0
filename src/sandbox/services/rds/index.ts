import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { createOperations } from "./create.ts";
import { engineVersionOperations } from "./engine-versions.ts";
import { instanceOperations } from "./instances.ts";
import { modifyOperations } from "./modify.ts";
import { refuses } from "./operation.ts";
import { restoreOperations } from "./restore.ts";
import { snapshotOperations } from "./snapshots.ts";
import { subnetGroupOperations } from "./subnet-groups.ts";
import { tagOperations } from "./tags.ts";

/** Amazon Relational Database Service: instances of PostgreSQL and MySQL. */
export function rds(world: World): Service {
  return world.serve(
    defineService(
      "rds",
      () => import("@aws-sdk/client-rds"),
      {
        ...createOperations(world),
        ...instanceOperations(world),
        ...modifyOperations(world),
        ...snapshotOperations(world),
        ...restoreOperations(world),
        ...subnetGroupOperations(world),
        ...tagOperations(world),
        ...engineVersionOperations(world),
      },
      { ignoresEmpty: true, rules: () => import("../models/rds.json", { with: { type: "json" } }), refuses },
    ),
  );
}
