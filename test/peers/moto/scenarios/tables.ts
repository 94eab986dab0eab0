import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import type { Call, Scenario } from "../transcript.ts";

const TableName = "carts";
const TABLE = {
  TableName,
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  AttributeDefinitions: ["id", "customerId"].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const })),
  BillingMode: "PAY_PER_REQUEST" as const,
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-customer",
      KeySchema: [{ AttributeName: "customerId", KeyType: "HASH" as const }],
      Projection: { ProjectionType: "ALL" as const },
    },
  ],
};

/** Tables, and what is put into them. */
export const tables: Scenario = {
  title: "DynamoDB",
  async run({ dynamodb }, call) {
    const waiting = { client: dynamodb, maxWaitTime: 60, minDelay: 1 };
    const made = new CreateTableCommand({ ...TABLE, Tags: [{ Key: "owner", Value: "me" }] });
    const { TableDescription } = await call("CreateTable", dynamodb.send(made));
    await waitUntilTableExists(waiting, { TableName });
    await call("CreateTable, again", dynamodb.send(new CreateTableCommand(TABLE)));
    await call("DescribeTable", dynamodb.send(new DescribeTableCommand({ TableName })));
    await call("DescribeTable, unknown", dynamodb.send(new DescribeTableCommand({ TableName: "nothing" })));
    await call("ListTables", dynamodb.send(new ListTablesCommand({})));
    const ResourceArn = TableDescription?.TableArn;
    await call(
      "TagResource",
      dynamodb.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "stage", Value: "one" }] })),
    );
    await call("ListTagsOfResource", dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn })));
    await call("UntagResource", dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["stage"] })));
    await call("DescribeContinuousBackups", dynamodb.send(new DescribeContinuousBackupsCommand({ TableName })));
    await call("DescribeTimeToLive", dynamodb.send(new DescribeTimeToLiveCommand({ TableName })));
    await items(dynamodb, call);
    await call("UpdateTable", dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true })));
    await call("DeleteTable, protected", dynamodb.send(new DeleteTableCommand({ TableName })));
    await dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
    await waitUntilTableExists(waiting, { TableName });
    await call("DeleteTable", dynamodb.send(new DeleteTableCommand({ TableName })));
    await waitUntilTableNotExists(waiting, { TableName });
    await call("DeleteTable, again", dynamodb.send(new DeleteTableCommand({ TableName })));
    await call("PutItem, gone", dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: "1" } } })));
  },
  differences: [
    { at: /\.(Table|Index)Status$/, why: "moto makes everything at once" },
    { at: /\.(TableId|IndexArn|LastUpdateToPayPerRequestDateTime|NumberOfDecreasesToday)$/, why: "moto leaves it out" },
    {
      at: /\.(IndexSizeBytes|ItemCount)$/,
      why: "moto counts at once, and nothing of an index; AWS about every six hours",
    },
    { at: /\.WarmThroughput$/, why: "the sandbox leaves it out (docs/differences.md)" },
    { at: /\.(ConsumedCapacity|ItemCollectionMetrics)$/, why: "moto tells it unasked" },
    { at: /^Scan\.Items$/, why: "moto tells the items where only their count was asked for" },
    { at: /, of no such index$/, why: "moto: ResourceNotFoundException; AWS: ValidationException" },
  ],
};

async function items(dynamodb: DynamoDBClient, call: Call): Promise<void> {
  const item = (id: string) => ({ id: { S: id }, customerId: { S: "me" }, quantity: { N: "1" } });
  const Key = { id: { S: "1" } };
  await call("PutItem", dynamodb.send(new PutItemCommand({ TableName, Item: item("1") })));
  await call(
    "PutItem, without its key",
    dynamodb.send(new PutItemCommand({ TableName, Item: { customerId: { S: "me" } } })),
  );
  const absent = { ConditionExpression: "attribute_not_exists(id)" };
  await call("PutItem, on a condition", dynamodb.send(new PutItemCommand({ TableName, Item: item("1"), ...absent })));
  await call("GetItem", dynamodb.send(new GetItemCommand({ TableName, Key })));
  await call("GetItem, none there", dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: "9" } } })));
  const more = {
    UpdateExpression: "SET quantity = quantity + :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  };
  await call("UpdateItem", dynamodb.send(new UpdateItemCommand({ TableName, Key, ...more, ReturnValues: "ALL_NEW" })));
  const RequestItems = { [TableName]: [{ PutRequest: { Item: item("2") } }] };
  await call("BatchWriteItem", dynamodb.send(new BatchWriteItemCommand({ RequestItems })));
  await call(
    "BatchGetItem",
    dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [{ id: { S: "2" } }] } } })),
  );
  const mine = { KeyConditionExpression: "customerId = :me", ExpressionAttributeValues: { ":me": { S: "me" } } };
  await call(
    "Query, of the index",
    dynamodb.send(new QueryCommand({ TableName, IndexName: "by-customer", Select: "COUNT", ...mine })),
  );
  await call("Query, of no such index", dynamodb.send(new QueryCommand({ TableName, IndexName: "nothing", ...mine })));
  await call("Scan", dynamodb.send(new ScanCommand({ TableName, Select: "COUNT" })));
  await call("DeleteItem", dynamodb.send(new DeleteItemCommand({ TableName, Key, ReturnValues: "ALL_OLD" })));
  await call("DeleteItem, again", dynamodb.send(new DeleteItemCommand({ TableName, Key })));
}
