import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  ListTablesCommand,
  PutItemCommand,
  ScanCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { type Stack, task } from "../../../src/engine/task.ts";
import { table } from "../../../src/kinds/dynamodb/table.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const TableName = "retail-store-ecs-carts";
const IndexName = "idx_global_customerId";
const only = "table";
const carts = task(only, `table ${TableName}`, table, {
  name: TableName,
  key: "id",
  indexes: { [IndexName]: "customerId" },
});
const stack: Stack = {
  name: "retail",
  stages: [{ name: "1", title: "carts", tasks: [carts], outputs: {}, costs: [] }],
};

/** Waits until the table is `ACTIVE`, or is not there. */
async function settled({ dynamodb }: Pick<AwsClients, "dynamodb">, wanted: string | undefined): Promise<void> {
  const status = async () => {
    const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
    if (!TableNames.includes(TableName)) return undefined;
    return (await dynamodb.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus;
  };
  await expect.poll(status).toBe(wanted);
}

async function update(aws: AwsClients, more: object): Promise<void> {
  await aws.dynamodb.send(new UpdateTableCommand({ TableName, ...more }));
  await settled(aws, "ACTIVE");
}

const withoutIndex = { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] };
const id = { AttributeName: "id", AttributeType: "S" as const };

describeContract({
  task: only,
  stack,
  drifts: {
    "an index that is not there": { field: /^index idx_global_customerId$/, make: (aws) => update(aws, withoutIndex) },
    "an index over something else": {
      field: /^index idx_global_customerId$/,
      async make(aws) {
        await update(aws, withoutIndex);
        const KeySchema = [{ AttributeName: "id", KeyType: "HASH" as const }];
        const Create = { IndexName, KeySchema, Projection: { ProjectionType: "KEYS_ONLY" as const } };
        await update(aws, { GlobalSecondaryIndexUpdates: [{ Create }] });
      },
    },
    "another way of paying": {
      field: /^billing$/,
      async make(aws) {
        const ProvisionedThroughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
        await update(aws, { BillingMode: "PROVISIONED", ProvisionedThroughput });
      },
    },
  },
});

describe("a table", () => {
  it("is ready when DynamoDB says so, keeps its items when it is repaired, and can be made again at once", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    const { dynamodb, close } = clientsOf(sandbox);
    await createOn(sandbox, { stack });
    const Item = { id: { S: "1" }, customerId: { S: "me" } };
    await dynamodb.send(new PutItemCommand({ TableName, Item }));
    await dynamodb.send(new UpdateTableCommand({ TableName, ...withoutIndex }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ table: "update" });
    const found = await dynamodb.send(new ScanCommand({ TableName, IndexName }));
    expect(found.Items).toEqual([Item]);
    await destroyOn(sandbox, { stack });
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ table: "create" });
    expect((await dynamodb.send(new ScanCommand({ TableName }))).Items).toEqual([]);
    await dynamodb.send(new DeleteTableCommand({ TableName }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ table: "create" });
    close();
  });

  it("with another key needs replacement, and one of somebody else is used as it is", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { dynamodb, close } = clientsOf(sandbox);
    const theirs = {
      TableName,
      AttributeDefinitions: [{ ...id, AttributeType: "N" as const }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
      BillingMode: "PAY_PER_REQUEST" as const,
    };
    await dynamodb.send(new CreateTableCommand(theirs));
    await settled({ dynamodb }, "ACTIVE");
    const foreign = (await planOn(sandbox, { stack })).tasks[0];
    expect(foreign).toMatchObject({ verdict: "foreign" });
    await dynamodb.send(new DeleteTableCommand({ TableName }));
    await settled({ dynamodb }, undefined);
    await dynamodb.send(new CreateTableCommand({ ...theirs, Tags: [{ Key: "bia-infra:stack", Value: "retail" }] }));
    await settled({ dynamodb }, "ACTIVE");
    close();
    const { tasks } = await createOn(sandbox, { stack });
    expect(tasks[0]?.error?.why).toContain("key from id (N) to id (S)");
  });
});
