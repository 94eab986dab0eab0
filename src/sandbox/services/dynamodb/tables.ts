import { randomUUID } from "node:crypto";
import type { CreateTableCommandInput, ProvisionedThroughputDescription } from "@aws-sdk/client-dynamodb";
import { AwsError } from "../../wire/service.ts";
import type { ItemStores } from "../../world/dynamodb/item-stores.ts";
import type { Table } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type DynamoOperations, inUse, tableArn, tableOf, validation } from "./operation.ts";
import { mergedTags } from "./tags.ts";

/** Tables. */
export function tableOperations(world: World, stores: ItemStores): DynamoOperations {
  return {
    CreateTable: {
      accepts: [
        "TableName",
        "AttributeDefinitions",
        "KeySchema",
        "LocalSecondaryIndexes",
        "GlobalSecondaryIndexes",
        "BillingMode",
        "ProvisionedThroughput",
        "Tags",
        "DeletionProtectionEnabled",
      ],
      async handle(input, { region: name }) {
        const region = world.region(name);
        (await stores.of(region)).checkTable(input);
        if (region.dynamodb.tables.get(input.TableName ?? "")) {
          throw new AwsError("ResourceInUseException", `Table already exists: ${input.TableName}`);
        }
        return { TableDescription: shapeOf(region.dynamodb.tables.put(newTable(world, region, input))) };
      },
    },

    DescribeTable: {
      accepts: ["TableName"],
      handle({ TableName }, { region }) {
        return { Table: shapeOf(tableOf(world, world.region(region), TableName)) };
      },
    },

    ListTables: {
      accepts: ["ExclusiveStartTableName", "Limit"],
      handle({ ExclusiveStartTableName: after = "", Limit = world.pageSize }, { region }) {
        const names = world
          .region(region)
          .dynamodb.tables.all()
          .map(({ TableName }) => TableName);
        const left = names.sort().filter((name) => name > after);
        const TableNames = left.slice(0, Limit);
        return { TableNames, ...(left.length > Limit && { LastEvaluatedTableName: TableNames.at(-1) }) };
      },
    },

    DeleteTable: {
      accepts: ["TableName"],
      async handle({ TableName }, { region: name }) {
        const region = world.region(name);
        const table = tableOf(world, region, TableName);
        if (table.TableStatus === "CREATING" || table.TableStatus === "UPDATING") throw inUse(table);
        if (table.DeletionProtectionEnabled) {
          throw validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
          );
        }
        if (table.TableStatus === "DELETING") return { TableDescription: shapeOf(table) };
        const dueAt = world.later("table deleted");
        const leaving: Table = { ...table, TableStatus: "DELETING", hidden: { ...table.hidden, dueAt } };
        region.dynamodb.tables.put(leaving);
        await (await stores.of(region)).dropItems(table);
        return { TableDescription: shapeOf(leaving) };
      },
    },
  };
}

function shapeOf({ hidden: _, ...table }: Table): Omit<Table, "hidden"> {
  return table;
}

function newTable(world: World, region: Region, input: CreateTableCommandInput): Table {
  const { TableName = "", GlobalSecondaryIndexes: globals, LocalSecondaryIndexes: locals, BillingMode } = input;
  const TableArn = tableArn(world, region.name, TableName);
  const indexArn = (name = "") => `${TableArn}/index/${name}`;
  return {
    TableName,
    TableArn,
    TableId: randomUUID(),
    TableStatus: "CREATING",
    KeySchema: input.KeySchema ?? [],
    AttributeDefinitions: input.AttributeDefinitions ?? [],
    CreationDateTime: world.now(),
    ProvisionedThroughput: throughputOf(input.ProvisionedThroughput),
    ...(BillingMode === "PAY_PER_REQUEST" && {
      BillingModeSummary: { BillingMode, LastUpdateToPayPerRequestDateTime: world.now() },
    }),
    // Counted every six hours or so (TableDescription, ItemCount).
    ItemCount: 0,
    TableSizeBytes: 0,
    DeletionProtectionEnabled: input.DeletionProtectionEnabled ?? false,
    ...(globals && {
      GlobalSecondaryIndexes: globals.map((index) => ({
        ...index,
        ProvisionedThroughput: throughputOf(index.ProvisionedThroughput),
        IndexArn: indexArn(index.IndexName),
        IndexStatus: "CREATING" as const,
        ItemCount: 0,
        IndexSizeBytes: 0,
      })),
    }),
    ...(locals && {
      LocalSecondaryIndexes: locals.map((index) => ({
        ...index,
        IndexArn: indexArn(index.IndexName),
        ItemCount: 0,
        IndexSizeBytes: 0,
      })),
    }),
    hidden: { tags: mergedTags([], input.Tags), dueAt: world.later("table active") },
  };
}

/** A throughput as it is described; of what pays by the request all is 0. */
export function throughputOf(
  asked: { ReadCapacityUnits?: number | undefined; WriteCapacityUnits?: number | undefined } | undefined,
): ProvisionedThroughputDescription {
  const { ReadCapacityUnits = 0, WriteCapacityUnits = 0 } = asked ?? {};
  return { NumberOfDecreasesToday: 0, ReadCapacityUnits, WriteCapacityUnits };
}
