import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { refusedAction } from "../../../../src/sandbox/services/authorization/refused-action.ts";
import { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { ACCOUNT, judged, REGION } from "./judged.ts";

const world = await World.open({ delays: "none" });

const CARTS = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/carts`;
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/db`;
const ECS = `arn:aws:ecs:${REGION}:${ACCOUNT}`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/carts`;

describe("a call with a role's credentials is judged by", () => {
  it.each<[string, string, object, string[]]>([
    ["dynamodb", "PutItem", { TableName: "carts" }, [`dynamodb:PutItem on ${CARTS}`]],
    [
      "dynamodb",
      "Query",
      { TableName: "carts", IndexName: "by-customer" },
      [`dynamodb:Query on ${CARTS}/index/by-customer`],
    ],
    [
      "dynamodb",
      "BatchWriteItem",
      { RequestItems: { carts: [], orders: [] } },
      [`dynamodb:BatchWriteItem on ${CARTS}`, `dynamodb:BatchWriteItem on ${CARTS.replace("carts", "orders")}`],
    ],
    ["dynamodb", "ListTagsOfResource", { ResourceArn: CARTS }, [`dynamodb:ListTagsOfResource on ${CARTS}`]],
    ["dynamodb", "ListTables", {}, ["dynamodb:ListTables on *"]],
    [
      "secretsmanager",
      "GetSecretValue",
      { SecretId: "shop/db" },
      [`secretsmanager:GetSecretValue on ${SECRET}-??????`],
    ],
    [
      "secretsmanager",
      "GetSecretValue",
      { SecretId: `${SECRET}-AbCdEf` },
      [`secretsmanager:GetSecretValue on ${SECRET}-AbCdEf`],
    ],
    [
      "ecs",
      "RunTask",
      { taskDefinition: "ui:3" },
      [`ecs:RunTask on arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/ui:3`],
    ],
    [
      "ecs",
      "RegisterTaskDefinition",
      { family: "shop", taskRoleArn: ROLE, executionRoleArn: "puller" },
      [
        `ecs:RegisterTaskDefinition on arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/shop:*`,
        `iam:PassRole on ${ROLE}`,
        `iam:PassRole on ${ROLE.replace("carts", "puller")}`,
      ],
    ],
    [
      "iam",
      "AddRoleToInstanceProfile",
      { InstanceProfileName: "machine", RoleName: "carts" },
      [`iam:AddRoleToInstanceProfile on arn:aws:iam::${ACCOUNT}:instance-profile/machine`, `iam:PassRole on ${ROLE}`],
    ],
    ["ecs", "DeleteCluster", { cluster: "shop" }, [`ecs:DeleteCluster on ${ECS}:cluster/shop`]],
    ["ecs", "StopTask", { cluster: "shop", task: "1a" }, [`ecs:StopTask on ${ECS}:task/shop/1a`]],
    ["ecs", "TagResource", { resourceArn: `${ECS}:cluster/shop` }, [`ecs:TagResource on ${ECS}:cluster/shop`]],
    ["ecs", "DeregisterTaskDefinition", { taskDefinition: "ui:3" }, ["ecs:DeregisterTaskDefinition on *"]],
    [
      "rds",
      "CreateDBInstance",
      { DBInstanceIdentifier: "catalog", DBSubnetGroupName: "private" },
      ["db:catalog", "subgrp:private"].map((end) => `rds:CreateDBInstance on arn:aws:rds:${REGION}:${ACCOUNT}:${end}`),
    ],
    [
      "ssm",
      "SendCommand",
      { DocumentName: "AWS-RunShellScript", InstanceIds: ["i-0a"] },
      [
        `ssm:SendCommand on arn:aws:ssm:${REGION}::document/AWS-RunShellScript`,
        `ssm:SendCommand on arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0a`,
      ],
    ],
  ])("what it is about: %s:%s of %j", (service, operation, input, expected) => {
    expect(judged(service, operation, input).asked).toEqual(expected);
  });

  it.each<[string, string, object, Record<string, string[] | undefined>]>([
    ["ecs", "StopTask", { cluster: "shop" }, { "ecs:cluster": [`arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/shop`] }],
    ["ecs", "ListTasks", {}, { "ecs:cluster": [`arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/default`] }],
    ["ecs", "RegisterTaskDefinition", {}, { "ecs:cluster": undefined }],
    [
      "ecs",
      "ExecuteCommand",
      { container: "app" },
      { "ecs:container-name": ["app"], "dynamodb:LeadingKeys": undefined },
    ],
    ["ecs", "CreateService", {}, { "ecs:enable-execute-command": ["false"] }],
    ["iam", "AttachRolePolicy", { PolicyArn: "arn:a" }, { "iam:PolicyARN": ["arn:a"] }],
    ["monitoring", "PutMetricData", { Namespace: "shop" }, { "cloudwatch:namespace": ["shop"] }],
    [
      "secretsmanager",
      "GetSecretValue",
      { SecretId: "a", VersionStage: "b" },
      { "secretsmanager:VersionStage": ["b"] },
    ],
    ["ecs", "UntagResource", { tagKeys: ["team"] }, { "aws:TagKeys": ["team"] }],
    [
      "ssm",
      "GetParameter",
      { Name: "/a" },
      {
        "aws:RequestedRegion": [REGION],
        "aws:SecureTransport": ["true"],
        "aws:ResourceAccount": [ACCOUNT],
        "aws:ResourceTag/team": undefined,
        "aws:SourceVpce": undefined,
      },
    ],
  ])("the values of condition keys: %s:%s of %j", (service, operation, input, expected) => {
    expect(judged(service, operation, input, Object.keys(expected)).values).toEqual([expected]);
  });

  it("to whom a role is given, where the call tells that", () => {
    const key = "iam:PassedToService";
    const toTasks = judged("ecs", "RegisterTaskDefinition", { taskRoleArn: ROLE }, [key]);
    expect(toTasks.values.at(-1)).toEqual({ [key]: ["ecs-tasks.amazonaws.com"] });
    const toProfile = judged("iam", "AddRoleToInstanceProfile", { RoleName: "carts" }, [key]);
    expect(toProfile.values.at(-1)).toEqual({ [key]: undefined });
  });

  it("a key whose value is not worked out, by name: neither allowed nor denied in silence", () => {
    const refused = refusedAction(
      world,
      {
        denial({ context }) {
          context("aws:resourcetag/team");
          return undefined;
        },
      },
      { service: "route53", operation: "ListHostedZones", region: REGION, account: ACCOUNT, input: {} },
    );
    expect(refused).toMatchObject({
      code: "SandboxNotEmulated",
      message: expect.stringContaining("the condition key aws:resourcetag/team of route53:ListHostedZones"),
    });
  });
});

it("the keys of items that a call to DynamoDB is about are those of the table, or of the index that is read", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const dynamodb = new DynamoDBClient(clientConfig(sandbox));
  const S = (AttributeName: string) => ({ AttributeName, AttributeType: "S" as const });
  const hash = (AttributeName: string) => [{ AttributeName, KeyType: "HASH" as const }];
  const Projection = { ProjectionType: "ALL" as const };
  await dynamodb.send(
    new CreateTableCommand({
      TableName: "carts",
      AttributeDefinitions: [S("id"), S("customer")],
      KeySchema: hash("id"),
      BillingMode: "PAY_PER_REQUEST",
      GlobalSecondaryIndexes: [{ IndexName: "customers", KeySchema: hash("customer"), Projection }],
    }),
  );
  dynamodb.destroy();
  const key = "dynamodb:LeadingKeys";
  const leading = (operation: string, input: object) =>
    judged("dynamodb", operation, { TableName: "carts", ...input }, [key], sandbox.world).values[0]?.[key];
  const item = { id: { S: "1" }, customer: { S: "ana" } };
  expect(leading("GetItem", { Key: { id: { S: "1" } } })).toEqual(["1"]);
  expect(leading("PutItem", { Item: item })).toEqual(["1"]);
  const values = { ExpressionAttributeValues: { ":c": { S: "ana" }, ":i": { S: "7" } } };
  expect(
    leading("Query", {
      ...values,
      IndexName: "customers",
      KeyConditionExpression: "#c = :c",
      ExpressionAttributeNames: { "#c": "customer" },
    }),
  ).toEqual(["ana"]);
  expect(leading("Query", { ...values, KeyConditionExpression: "id = :i" })).toEqual(["7"]);
  const RequestItems = { carts: [{ PutRequest: { Item: item } }, { DeleteRequest: { Key: { id: { S: "2" } } } }] };
  expect(leading("BatchWriteItem", { TableName: undefined, RequestItems })).toEqual(["1", "2"]);
  expect(leading("Scan", {})).toBeUndefined();
});
