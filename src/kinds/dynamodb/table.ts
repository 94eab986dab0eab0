import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ListTagsOfResourceCommand,
  type TableDescription,
  TagResourceCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import { change, type Fields } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";

/** A table that is paid for by the request. Names are unique in an account's region. */
export interface TableDesired {
  readonly name: string;
  /** The attribute that tells items apart; a text. */
  readonly key: string;
  /** Indexes over all attributes, by their names: the attribute that each finds items by, a text. */
  readonly indexes: Readonly<Record<string, string>>;
}

/** A table as AWS has it. */
export interface Table {
  readonly name: string;
  readonly arn: string;
  /** DynamoDB's word, e.g. `ACTIVE`. */
  readonly status: string;
  /** E.g. `id (S)`; of more than one attribute each. */
  readonly key: string;
  readonly billing: string;
  /** What each index finds items by, and what it shows of them, by name: `customerId (S), ALL`. */
  readonly indexes: Fields;
  /** Indexes that are being made or deleted. */
  readonly unready: readonly string[];
  readonly tags: Tags;
}

/** A table with its indexes. What somebody else added, an index or protection from deletion, stays. */
export const table: Kind<TableDesired, Table, Aws> = {
  type: "dynamodb.table",
  async find({ dynamodb }, { name }) {
    try {
      const { Table: found = {} } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
      return tableIn(found, await tagsOf(dynamodb, found.TableArn));
    } catch (error) {
      if (isCode(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }
  },
  diff: ({ key, indexes }, actual) => [
    ...change("key", actual.key, inWords(key), { needsReplacement: true }),
    ...change("billing", actual.billing, PAYS),
    ...Object.entries(indexes).flatMap(([name, attribute]): Change[] =>
      change(`index ${name}`, actual.indexes[name], `${inWords(attribute)}, ALL`),
    ),
  ],
  async create({ dynamodb, ownership }, { name, key, indexes }) {
    const attributes = [...new Set([key, ...Object.values(indexes)])];
    const { TableDescription = {} } = await dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        AttributeDefinitions: attributes.map(definition),
        KeySchema: keyOf(key),
        ...(attributes.length > 1 && {
          GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, attribute]) =>
            indexOf(IndexName, attribute),
          ),
        }),
        BillingMode: PAYS,
        Tags: toTagList(ownership),
      }),
    );
    return tableIn(TableDescription, ownership);
  },
  async update({ dynamodb }, { name: TableName, indexes }, actual, changes) {
    // DynamoDB makes one change at a time; the next is seen by the next look.
    const [{ field } = { field: "" }] = changes;
    if (field === "billing") {
      await dynamodb.send(new UpdateTableCommand({ TableName, BillingMode: PAYS }));
      return;
    }
    const IndexName = field.slice("index ".length);
    const attribute = indexes[IndexName] ?? "";
    const isThere = actual.indexes[IndexName] !== undefined;
    const update = isThere ? { Delete: { IndexName } } : { Create: indexOf(IndexName, attribute) };
    await dynamodb.send(
      new UpdateTableCommand({
        TableName,
        ...(!isThere && { AttributeDefinitions: [definition(attribute)] }),
        GlobalSecondaryIndexUpdates: [update],
      }),
    );
  },
  async remove({ dynamodb }, { name }) {
    await dynamodb.send(new DeleteTableCommand({ TableName: name }));
  },
  pending({ status, unready }) {
    if (status !== "ACTIVE") return `the table is ${status}`;
    return unready.length === 0 ? undefined : `indexes under way: ${unready.join(", ")}`;
  },
  leaving: ({ status }) => status === "DELETING",
  tags: ({ tags }) => tags,
  async adopt({ dynamodb }, { arn }, tags) {
    await dynamodb.send(new TagResourceCommand({ ResourceArn: arn, Tags: toTagList(tags) }));
  },
  holds: "the items in it",
  describe: ({ key, indexes }) => [`key ${key}`, ...Object.keys(indexes).map((name) => `index ${name}`)].join(", "),
  limits: { usually: 10, ready: 480, usuallyGone: 5, gone: 480 },
};

const PAYS = "PAY_PER_REQUEST";

function tableIn(found: TableDescription, tags: Tags): Table {
  const { GlobalSecondaryIndexes = [], AttributeDefinitions = [] } = found;
  const inKey = (schema: readonly KeySchemaElement[] = []) =>
    schema
      .map(({ AttributeName: name }) => {
        const { AttributeType } = AttributeDefinitions.find(({ AttributeName }) => AttributeName === name) ?? {};
        return `${name} (${AttributeType})`;
      })
      .join(", ");
  return {
    name: found.TableName ?? "",
    arn: found.TableArn ?? "",
    status: found.TableStatus ?? "",
    key: inKey(found.KeySchema),
    // Absent of a table that has always been provisioned (TableDescription, BillingModeSummary).
    billing: found.BillingModeSummary?.BillingMode ?? "PROVISIONED",
    indexes: Object.fromEntries(
      GlobalSecondaryIndexes.filter(({ IndexStatus }) => IndexStatus !== "DELETING").map((index) => [
        index.IndexName ?? "",
        `${inKey(index.KeySchema)}, ${index.Projection?.ProjectionType}`,
      ]),
    ),
    unready: GlobalSecondaryIndexes.filter(({ IndexStatus }) => IndexStatus !== "ACTIVE").map(
      ({ IndexName = "" }) => IndexName,
    ),
    tags,
  };
}

function inWords(attribute: string): string {
  return `${attribute} (S)`;
}

function definition(AttributeName: string) {
  return { AttributeName, AttributeType: "S" as const };
}

function keyOf(AttributeName: string) {
  return [{ AttributeName, KeyType: "HASH" as const }];
}

function indexOf(IndexName: string, attribute: string) {
  return { IndexName, KeySchema: keyOf(attribute), Projection: { ProjectionType: "ALL" as const } };
}

/** Tags of a table, page by page. */
async function tagsOf(dynamodb: DynamoDBClient, ResourceArn: string | undefined): Promise<Tags> {
  let tags: Tags = {};
  let NextToken: string | undefined;
  do {
    const page = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn, NextToken }));
    tags = { ...tags, ...fromTagList(page.Tags) };
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return tags;
}
