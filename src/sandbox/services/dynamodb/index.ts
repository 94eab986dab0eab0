import { defineService, type Service } from "../../wire/service.ts";
import { ItemStores } from "../../world/dynamodb/item-stores.ts";
import type { World } from "../../world/world.ts";
import { itemOperations } from "./items.ts";
import { settingOperations } from "./settings.ts";
import { tableOperations } from "./tables.ts";
import { tagOperations } from "./tags.ts";
import { updateTableOperations } from "./update-table.ts";

/** Amazon DynamoDB: tables with their indexes, and what dynalite does with items. No streams, transactions, backups and global tables. */
export function dynamodb(world: World): Service {
  const stores = new ItemStores();
  return world.serve(
    defineService(
      "dynamodb",
      () => import("@aws-sdk/client-dynamodb"),
      {
        ...tableOperations(world, stores),
        ...updateTableOperations(world, stores),
        ...settingOperations(world),
        ...tagOperations(world),
        ...itemOperations(world, stores),
      },
      { rules: () => import("../models/dynamodb.json", { with: { type: "json" } }) },
    ),
  );
}
