import type { AttributeValue, KeySchemaElement } from "@aws-sdk/client-dynamodb";
import type { Asked } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";

type Item = Readonly<Record<string, AttributeValue>>;

/** Members of the inputs of DynamoDB's operations that have keys of items. */
interface Input {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly RequestItems?: Readonly<Record<string, Batch>>;
  readonly KeyConditions?: Readonly<Record<string, { readonly AttributeValueList?: readonly AttributeValue[] }>>;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
}

type Batch =
  | { readonly Keys?: readonly Item[] }
  | readonly { readonly PutRequest?: { readonly Item?: Item }; readonly DeleteRequest?: { readonly Key?: Item } }[];

/**
 * Values of the partition key that a call is about; undefined: it has none, as a scan. ("Using IAM policy conditions for fine-grained
 * access control")
 */
export function leadingKeys(world: World, { region, input }: Asked): string[] | undefined {
  const asked = input as Input;
  const keyOf = (table: string, index?: string) => partitionKey(world, region, table, index);
  const batches = Object.entries(asked.RequestItems ?? {}).flatMap(([table, batch]) =>
    itemsIn(batch).map((item) => item[keyOf(table) ?? ""]),
  );
  const key = keyOf(asked.TableName ?? "", asked.IndexName) ?? "";
  const values = [asked.Key?.[key], asked.Item?.[key], queried(asked, key), ...batches].flatMap((value) =>
    value === undefined ? [] : textOf(value),
  );
  return values.length > 0 ? values : undefined;
}

function partitionKey(world: World, region: string, named: string, index: string | undefined): string | undefined {
  const table = world.region(region).dynamodb.tables.get(named.slice(named.lastIndexOf("/") + 1));
  const indexes = [...(table?.GlobalSecondaryIndexes ?? []), ...(table?.LocalSecondaryIndexes ?? [])];
  const schema: readonly KeySchemaElement[] | undefined =
    index === undefined ? table?.KeySchema : indexes.find(({ IndexName }) => IndexName === index)?.KeySchema;
  return schema?.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
}

function itemsIn(batch: Batch): Item[] {
  if ("Keys" in batch) return [...(batch.Keys ?? [])];
  const written = batch as Exclude<Batch, { Keys?: unknown }>;
  return written.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {});
}

/** What a query wants the partition key to be. */
function queried(asked: Input, key: string): AttributeValue | undefined {
  const { KeyConditions, KeyConditionExpression = "", ExpressionAttributeNames = {} } = asked;
  const old = KeyConditions?.[key]?.AttributeValueList?.[0];
  if (old) return old;
  const equations = [...KeyConditionExpression.matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)];
  const found = equations.find(([, name = ""]) => (ExpressionAttributeNames[name] ?? name) === key);
  return asked.ExpressionAttributeValues?.[found?.[2] ?? ""];
}

function textOf({ S, N, B }: AttributeValue): string | string[] {
  return S ?? N ?? (B ? Buffer.from(B).toString("base64") : []);
}
