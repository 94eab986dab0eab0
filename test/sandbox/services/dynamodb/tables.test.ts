import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
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
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";

const TableName = "retail-store-ecs-carts";
const IndexName = "idx_global_customerId";
const ResourceArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const INDEX = {
  IndexName,
  KeySchema: [{ AttributeName: "customerId", KeyType: "HASH" as const }],
  Projection: { ProjectionType: "ALL" as const },
};
const CARTS: CreateTableCommandInput = {
  TableName,
  AttributeDefinitions: [
    { AttributeName: "id", AttributeType: "S" },
    { AttributeName: "customerId", AttributeType: "S" },
  ],
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  GlobalSecondaryIndexes: [INDEX],
  BillingMode: "PAY_PER_REQUEST",
};

interface At {
  readonly dynamodb: DynamoDBClient;
  readonly world: World;
  readonly close: () => Promise<void>;
}

async function dynamodbOf(options: SandboxOptions = {}): Promise<At> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "short", throttling: false, ...options });
  const dynamodb = new DynamoDBClient({ ...clientConfig(sandbox), maxAttempts: 1 });
  onTestFinished(() => dynamodb.destroy());
  return { dynamodb, world: sandbox.world, close: () => sandbox.close() };
}

const create = ({ dynamodb }: At, more: Partial<CreateTableCommandInput> = {}) =>
  dynamodb.send(new CreateTableCommand({ ...CARTS, ...more }));
const update = ({ dynamodb }: At, input: Omit<UpdateTableCommandInput, "TableName">) =>
  dynamodb.send(new UpdateTableCommand({ TableName, ...input }));
const tableOf = async ({ dynamodb }: At) => (await dynamodb.send(new DescribeTableCommand({ TableName }))).Table;
const item = (id: string, customerId: string, count = "1") => ({
  id: { S: id },
  customerId: { S: customerId },
  count: { N: count },
});
const put = ({ dynamodb }: At, id: string, customerId: string) =>
  dynamodb.send(new PutItemCommand({ TableName, Item: item(id, customerId) }));
const scan = async ({ dynamodb }: At) =>
  ((await dynamodb.send(new ScanCommand({ TableName }))).Items ?? []).map(({ id }) => id?.S).sort();
const cartsOf = async ({ dynamodb }: At, customerId: string) => {
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName,
      IndexName,
      KeyConditionExpression: "customerId = :customer",
      ExpressionAttributeValues: { ":customer": { S: customerId } },
    }),
  );
  return Items.map(({ id }) => id?.S).sort();
};

async function withCarts(options: SandboxOptions = {}, more: Partial<CreateTableCommandInput> = {}): Promise<At> {
  const at = await dynamodbOf(options);
  await create(at, more);
  await at.world.clock.advance(400);
  return at;
}

describe("a table", () => {
  it("is made by the clock, and has no items to read before", async () => {
    const at = await dynamodbOf();
    const { TableDescription } = await create(at);
    expect(TableDescription).toMatchObject({
      TableStatus: "CREATING",
      TableArn: ResourceArn,
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      GlobalSecondaryIndexes: [{ IndexName, IndexStatus: "CREATING", IndexArn: `${ResourceArn}/index/${IndexName}` }],
    });
    expect(await refusal(put(at, "1", "me"))).toBe("ResourceNotFoundException: Requested resource not found");
    expect(await refusal(create(at))).toBe(`ResourceInUseException: Table already exists: ${TableName}`);
    const remove = () => at.dynamodb.send(new DeleteTableCommand({ TableName }));
    expect(await refusal(remove())).toBe(
      `ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: ${TableName}`,
    );
    await at.world.clock.advance(400);
    expect(await tableOf(at)).toMatchObject({
      TableStatus: "ACTIVE",
      DeletionProtectionEnabled: false,
      GlobalSecondaryIndexes: [{ IndexStatus: "ACTIVE" }],
    });
  });

  it.each<[Partial<CreateTableCommandInput>, RegExp]>([
    [{ KeySchema: [{ AttributeName: "other", KeyType: "HASH" }] }, /^ValidationException: .*not defined in Attr/],
    [{ GlobalSecondaryIndexes: [] }, /^ValidationException: /],
    [{ BillingMode: "PROVISIONED" }, /^ValidationException: /],
    [{ TableName: "a b" }, /^ValidationException: .*regular expression pattern/],
    [{ StreamSpecification: { StreamEnabled: true } }, /^SandboxNotEmulated: .*StreamSpecification/],
  ])("is not made with %j", async (more, words) => {
    expect(await refusal(create(await dynamodbOf(), more))).toMatch(words);
  });

  it("is listed, has tags, and what nobody can set is as AWS has it", async () => {
    const at = await withCarts({}, { Tags: [{ Key: "a", Value: "b" }] });
    await create(at, { TableName: "another" });
    const { dynamodb } = at;
    expect((await dynamodb.send(new ListTablesCommand({ Limit: 1 }))).LastEvaluatedTableName).toBe("another");
    const { TableNames } = await dynamodb.send(new ListTablesCommand({ ExclusiveStartTableName: "another" }));
    expect(TableNames).toEqual([TableName]);
    await dynamodb.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "c", Value: "d" }] }));
    await dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
    const { Tags } = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn }));
    expect(Tags).toEqual([{ Key: "c", Value: "d" }]);
    const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: "DISABLED" });
    const { ContinuousBackupsDescription } = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe("DISABLED");
  });

  it("is gone with its items when the deletion is done, twice asked for or not", async () => {
    const at = await withCarts();
    await put(at, "1", "me");
    const remove = () => at.dynamodb.send(new DeleteTableCommand({ TableName }));
    expect((await remove()).TableDescription?.TableStatus).toBe("DELETING");
    expect((await remove()).TableDescription?.TableStatus).toBe("DELETING");
    await at.world.clock.advance(300);
    expect(await refusal(tableOf(at))).toBe(
      `ResourceNotFoundException: Requested resource not found: Table: ${TableName} not found`,
    );
    await create(at);
    await at.world.clock.advance(400);
    expect(await scan(at)).toEqual([]);
    expect(await cartsOf(at, "me")).toEqual([]);
  });

  it("is not deleted while it is protected", async () => {
    const at = await withCarts();
    await update(at, { DeletionProtectionEnabled: true });
    const remove = () => at.dynamodb.send(new DeleteTableCommand({ TableName }));
    expect(await refusal(remove())).toMatch(/^ValidationException: .*protected against deletion/);
    await update(at, { DeletionProtectionEnabled: false });
    await remove();
  });

  it("pays another way after an update, during which it takes no other change", async () => {
    const throughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 2 };
    const at = await withCarts(
      {},
      { GlobalSecondaryIndexes: undefined, AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }] },
    );
    await update(at, { BillingMode: "PROVISIONED", ProvisionedThroughput: throughput });
    expect(await refusal(update(at, { BillingMode: "PAY_PER_REQUEST" }))).toMatch(
      /^ResourceInUseException: .*Table is being updated/,
    );
    await at.world.clock.advance(300);
    expect(await tableOf(at)).toMatchObject({ TableStatus: "ACTIVE", ProvisionedThroughput: throughput });
    await update(at, { BillingMode: "PAY_PER_REQUEST" });
    await at.world.clock.advance(300);
    expect((await tableOf(at))?.BillingModeSummary?.BillingMode).toBe("PAY_PER_REQUEST");
    expect(await refusal(update(at, {}))).toMatch(/^ValidationException: At least one of/);
  });

  it("gets an index with the items that are there, and loses it", async () => {
    const at = await withCarts(
      {},
      { GlobalSecondaryIndexes: undefined, AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }] },
    );
    await put(at, "1", "me");
    const Create = INDEX;
    expect(await refusal(update(at, { GlobalSecondaryIndexUpdates: [{ Create }] }))).toMatch(
      /index key attributes are not defined in AttributeDefinitions. Keys: \[customerId\]/,
    );
    const AttributeDefinitions = [{ AttributeName: "customerId", AttributeType: "S" as const }];
    await update(at, { AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create }] });
    expect(await refusal(cartsOf(at, "me"))).toMatch(/Cannot read from backfilling global secondary index/);
    await put(at, "2", "me");
    await at.world.clock.advance(300);
    expect(await cartsOf(at, "me")).toEqual(["1", "2"]);
    await update(at, { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] });
    await at.world.clock.advance(300);
    expect((await tableOf(at))?.GlobalSecondaryIndexes).toBeUndefined();
    expect(await refusal(cartsOf(at, "me"))).toMatch(/^ValidationException: .*does not have the specified index/);
  });
});

describe("items", () => {
  it("are put, got, changed on a condition, found by an index, and deleted", async () => {
    const at = await withCarts();
    const { dynamodb } = at;
    await put(at, "1", "me");
    await put(at, "2", "you");
    const Key = { id: { S: "1" } };
    expect((await dynamodb.send(new GetItemCommand({ TableName, Key }))).Item).toEqual(item("1", "me"));
    const add = {
      TableName,
      Key,
      UpdateExpression: "ADD #c :one",
      ConditionExpression: "customerId = :me",
      ExpressionAttributeNames: { "#c": "count" },
      ReturnValues: "ALL_NEW" as const,
    };
    const values = (me: string) => ({ ":one": { N: "1" }, ":me": { S: me } });
    const { Attributes } = await dynamodb.send(
      new UpdateItemCommand({ ...add, ExpressionAttributeValues: values("me") }),
    );
    expect(Attributes).toEqual(item("1", "me", "2"));
    expect(
      await refusal(dynamodb.send(new UpdateItemCommand({ ...add, ExpressionAttributeValues: values("you") }))),
    ).toBe("ConditionalCheckFailedException: The conditional request failed");
    expect(await cartsOf(at, "you")).toEqual(["2"]);
    await dynamodb.send(new DeleteItemCommand({ TableName, Key }));
    expect(await scan(at)).toEqual(["2"]);
    expect(await cartsOf(at, "me")).toEqual([]);
  });

  it("are written and read by the batch, bytes and sets among them", async () => {
    const at = await withCarts();
    const { dynamodb } = at;
    const Item = {
      id: { S: "b" },
      B: { B: Buffer.from([0, 255]) },
      BS: { SS: ["x"] },
      deep: { M: { B: { S: "text" } } },
    };
    await dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [{ PutRequest: { Item } }, { PutRequest: { Item: item("c", "me") } }] },
      }),
    );
    const Keys = [{ id: { S: "b" } }];
    const { Responses } = await dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
    const [got] = Responses?.[TableName] ?? [];
    expect({ ...got, B: { B: Buffer.from(got?.B?.B ?? []) } }).toEqual(Item);
    expect(await scan(at)).toEqual(["b", "c"]);
  });

  it.each<[string, RegExp]>([
    ["no key", /^ValidationException: One or more parameter values were invalid: Missing the key id in the item/],
    ["a key of another type", /^ValidationException: .*Type mismatch for key id expected: S actual: N/],
  ])("with %s are refused in DynamoDB's words", async (what, words) => {
    const at = await withCarts();
    const Item = what === "no key" ? { customerId: { S: "me" } } : { id: { N: "1" } };
    expect(await refusal(at.dynamodb.send(new PutItemCommand({ TableName, Item })))).toMatch(words);
  });

  it("come back with their indexes when the sandbox begins again", async () => {
    const folder = await temporaryFolder("dynamodb-");
    const first = await withCarts({ folder });
    await put(first, "1", "me");
    await put(first, "2", "you");
    await first.dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: "2" } } }));
    await first.close();
    const again = await dynamodbOf({ folder });
    expect(await scan(again)).toEqual(["1"]);
    expect(await cartsOf(again, "me")).toEqual(["1"]);
    expect((await tableOf(again))?.TableStatus).toBe("ACTIVE");
  });
});
