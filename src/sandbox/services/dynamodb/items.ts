import type { Call } from "../../wire/service.ts";
import type { ItemOperation } from "../../world/dynamodb/item-store.ts";
import type { ItemStores } from "../../world/dynamodb/item-stores.ts";
import type { World } from "../../world/world.ts";
import { type DynamoOperations, validation } from "./operation.ts";

const CONDITIONAL = [
  "Expected",
  "ConditionalOperator",
  "ConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ReturnValues",
  "ReturnConsumedCapacity",
  "ReturnItemCollectionMetrics",
] as const;
const SEARCHING = [
  "TableName",
  "IndexName",
  "Select",
  "AttributesToGet",
  "Limit",
  "ConsistentRead",
  "ConditionalOperator",
  "ExclusiveStartKey",
  "ReturnConsumedCapacity",
  "ProjectionExpression",
  "FilterExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
] as const;

/** Items of tables. */
export function itemOperations(world: World, stores: ItemStores): DynamoOperations {
  async function perform(input: { TableName?: string | undefined; IndexName?: string | undefined }, call: Call) {
    const region = world.region(call.region);
    checkIndex(world, call.region, input);
    return (await stores.of(region)).perform(call.operation as ItemOperation, input);
  }

  return {
    PutItem: { accepts: ["TableName", "Item", ...CONDITIONAL], handle: perform },
    DeleteItem: { accepts: ["TableName", "Key", ...CONDITIONAL], handle: perform },
    UpdateItem: {
      accepts: ["TableName", "Key", "AttributeUpdates", "UpdateExpression", ...CONDITIONAL],
      handle: perform,
    },
    GetItem: {
      accepts: [
        "TableName",
        "Key",
        "AttributesToGet",
        "ConsistentRead",
        "ReturnConsumedCapacity",
        "ProjectionExpression",
        "ExpressionAttributeNames",
      ],
      handle: perform,
    },
    Query: {
      accepts: [...SEARCHING, "KeyConditions", "QueryFilter", "ScanIndexForward", "KeyConditionExpression"],
      handle: perform,
    },
    Scan: { accepts: [...SEARCHING, "ScanFilter", "TotalSegments", "Segment"], handle: perform },
    BatchGetItem: {
      accepts: ["RequestItems", "ReturnConsumedCapacity"],
      handle: (input, call) => perform(input as object, call),
    },
    BatchWriteItem: {
      accepts: ["RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"],
      handle: (input, call) => perform(input as object, call),
    },
  };
}

/** @throws AwsError while the index is being made */
function checkIndex(
  world: World,
  region: string,
  { TableName = "", IndexName }: { TableName?: string | undefined; IndexName?: string | undefined },
): void {
  const { GlobalSecondaryIndexes = [] } = world.region(region).dynamodb.tables.get(TableName) ?? {};
  const index = GlobalSecondaryIndexes.find((one) => one.IndexName === IndexName);
  if (index?.IndexStatus === "CREATING") {
    throw validation(`Cannot read from backfilling global secondary index: ${IndexName}`);
  }
}
