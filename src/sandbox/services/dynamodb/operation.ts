import { AwsError, type Operations } from "../../wire/service.ts";
import type { Table } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";

/** Operations of DynamoDB; each file declares some. */
export type DynamoOperations = Operations<typeof import("@aws-sdk/client-dynamodb")>;

/** What DynamoDB says to values that it does not take. */
export function validation(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

export function notFound(what: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Requested resource not found: ${what} not found`);
}

export function tableArn({ account }: World, region: string, name: string): string {
  return `arn:aws:dynamodb:${region}:${account}:table/${name}`;
}

/** By name or ARN. @throws AwsError */
export function tableOf(world: World, region: Region, nameOrArn = ""): Table {
  const prefix = tableArn(world, region.name, "");
  const name = nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn;
  const table = region.dynamodb.tables.get(name);
  if (!table) throw notFound(`Table: ${name}`);
  return table;
}

/** The refusal of a change while another one goes on. */
export function inUse({ TableName, TableStatus }: Table): AwsError {
  const doing = { CREATING: "created", DELETING: "deleted" }[TableStatus as "CREATING" | "DELETING"] ?? "updated";
  return new AwsError(
    "ResourceInUseException",
    `Attempt to change a resource which is still in use: Table is being ${doing}: ${TableName}`,
  );
}
