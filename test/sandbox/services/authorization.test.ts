import { describe, expect, it } from "vitest";
import { refusedAction } from "../../../src/sandbox/services/authorization.ts";

/** The actions and resources that a session is judged by when it makes a call. */
function judged(service: string, operation: string, input: object): string[] {
  const asked: string[] = [];
  const denial = (action: string, resource?: string) => {
    asked.push(`${action} on ${resource}`);
    return undefined;
  };
  refusedAction({ denial }, { service, operation, region: "us-east-1", account: "000000000000", input });
  return asked;
}

const CARTS = "arn:aws:dynamodb:us-east-1:000000000000:table/carts";
const SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:shop/db";

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
  ])("what it is about: %s:%s of %j", (service, operation, input, expected) => {
    expect(judged(service, operation, input)).toEqual(expected);
  });
});
