import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

const TABLE = ["--table-name", "by-hand"];
const INDEX = "IndexName=by-owner,KeySchema=[{AttributeName=owner,KeyType=HASH}],Projection={ProjectionType=ALL}";

describeOnAwsCli("the aws CLI on DynamoDB of the sandbox", () => {
  it("makes a table with an index, waits for it, and puts, queries and scans items", () => {
    const made = look(
      ...["dynamodb", "create-table", ...TABLE, "--billing-mode", "PAY_PER_REQUEST"],
      ...["--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=owner,AttributeType=S"],
      ...["--key-schema", "AttributeName=id,KeyType=HASH", "--global-secondary-indexes", INDEX],
    );
    expect(made.TableDescription.TableStatus).toBe("CREATING");
    expect(aws("dynamodb", "wait", "table-exists", ...TABLE).code).toBeUndefined();
    const item = { id: { S: "1" }, owner: { S: "me" }, count: { N: "2" } };
    look("dynamodb", "put-item", ...TABLE, "--item", JSON.stringify(item));
    expect(look("dynamodb", "scan", ...TABLE)).toMatchObject({ Count: 1, Items: [item] });
    const values = ["--expression-attribute-values", '{":o":{"S":"me"}}'];
    const names = ["--expression-attribute-names", '{"#o":"owner"}', "--key-condition-expression", "#o = :o"];
    expect(look("dynamodb", "query", ...TABLE, "--index-name", "by-owner", ...names, ...values).Items).toEqual([item]);
  });

  it.each([
    [["create-table", "--table-name", "x"], "ValidationException"],
    [["get-item", ...TABLE, "--key", '{"other":{"S":"1"}}'], "ValidationException"],
    [["scan", "--table-name", "nothing"], "ResourceNotFoundException"],
    [["list-backups"], "SandboxNotEmulated"],
  ])("is told what AWS says of %s", (args, code) => {
    const needs =
      args[0] === "create-table"
        ? ["--attribute-definitions", "AttributeName=a,AttributeType=S", "--key-schema", "AttributeName=b,KeyType=HASH"]
        : [];
    expect(aws("dynamodb", ...args, ...needs).code).toBe(code);
  });

  it("deletes it and waits for that", () => {
    look("dynamodb", "delete-table", ...TABLE);
    expect(aws("dynamodb", "wait", "table-not-exists", ...TABLE).code).toBeUndefined();
  });
});
