import type {
  CreateGlobalSecondaryIndexAction,
  GlobalSecondaryIndexDescription,
  UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { ItemStores } from "../../world/dynamodb/item-stores.ts";
import type { Table } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type DynamoOperations, inUse, notFound, tableOf, validation } from "./operation.ts";
import { throughputOf } from "./tables.ts";

/** Changing tables in place. */
export function updateTableOperations(world: World, stores: ItemStores): DynamoOperations {
  return {
    UpdateTable: {
      accepts: [
        "TableName",
        "AttributeDefinitions",
        "BillingMode",
        "ProvisionedThroughput",
        "GlobalSecondaryIndexUpdates",
        "DeletionProtectionEnabled",
      ],
      async handle(input, { region: name }) {
        const region = world.region(name);
        const table = tableOf(world, region, input.TableName);
        if (table.TableStatus !== "ACTIVE") throw inUse(table);
        const [update, ...more] = input.GlobalSecondaryIndexUpdates ?? [];
        checkAsked(input);
        if (more.length > 0) {
          throw new AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
          );
        }
        if (update?.Update) throw notEmulated("the throughput of single indexes");
        const changed = withIndexes(withSettings(world, table, input), update?.Create, update?.Delete?.IndexName);
        // Protection takes no time.
        const isQuick = !update && input.BillingMode === undefined && input.ProvisionedThroughput === undefined;
        const next: Table = isQuick
          ? changed
          : { ...changed, TableStatus: "UPDATING", hidden: { ...table.hidden, dueAt: world.later("table updated") } };
        region.dynamodb.tables.put(next);
        if (update?.Create) await (await stores.of(region)).fillIndex(next, update.Create.IndexName ?? "");
        if (update?.Delete) await (await stores.of(region)).dropIndex(next.TableName, update.Delete.IndexName ?? "");
        const { hidden: _, ...TableDescription } = next;
        return { TableDescription };
      },
    },
  };
}

/** @throws AwsError if nothing is asked for */
function checkAsked(input: UpdateTableCommandInput): void {
  const { BillingMode, ProvisionedThroughput, GlobalSecondaryIndexUpdates, DeletionProtectionEnabled } = input;
  const asked = [BillingMode, ProvisionedThroughput, GlobalSecondaryIndexUpdates?.[0], DeletionProtectionEnabled];
  if (asked.some((one) => one !== undefined)) return;
  throw validation(
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
  );
}

/** @throws AwsError */
function withSettings(world: World, table: Table, input: UpdateTableCommandInput): Table {
  const { BillingMode, ProvisionedThroughput, DeletionProtectionEnabled = table.DeletionProtectionEnabled } = input;
  const paysByRequest = (BillingMode ?? table.BillingModeSummary?.BillingMode) === "PAY_PER_REQUEST";
  if (paysByRequest && ProvisionedThroughput) {
    throw validation(
      "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
  }
  if (BillingMode === "PROVISIONED" && !ProvisionedThroughput) {
    throw validation(
      "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    );
  }
  return {
    ...table,
    ...(DeletionProtectionEnabled !== undefined && { DeletionProtectionEnabled }),
    ...(BillingMode !== undefined && {
      BillingModeSummary: {
        BillingMode,
        ...(paysByRequest && { LastUpdateToPayPerRequestDateTime: world.now() }),
      },
    }),
    ...((BillingMode !== undefined || ProvisionedThroughput) && {
      ProvisionedThroughput: throughputOf(ProvisionedThroughput),
    }),
    AttributeDefinitions: withDefinitions(table, input.AttributeDefinitions),
  };
}

function withDefinitions(
  { AttributeDefinitions }: Table,
  added: UpdateTableCommandInput["AttributeDefinitions"] = [],
): Table["AttributeDefinitions"] {
  const isNew = ({ AttributeName: name }: (typeof added)[number]) =>
    !AttributeDefinitions.some(({ AttributeName }) => AttributeName === name);
  return [...AttributeDefinitions, ...added.filter(isNew)];
}

/** @throws AwsError */
function withIndexes(
  table: Table,
  made: CreateGlobalSecondaryIndexAction | undefined,
  deleted: string | undefined,
): Table {
  const { GlobalSecondaryIndexes: present = [] } = table;
  const isThere = (name: string | undefined) => present.some(({ IndexName }) => IndexName === name);
  if (made && isThere(made.IndexName)) {
    throw validation("Attempting to create an index which already exists");
  }
  if (deleted !== undefined && !isThere(deleted)) {
    throw notFound(`Index: ${deleted} for table: ${table.TableName}`);
  }
  if (made) checkKeys(table, made);
  const kept = present.map(
    (index): GlobalSecondaryIndexDescription =>
      index.IndexName === deleted ? { ...index, IndexStatus: "DELETING" } : index,
  );
  const added: GlobalSecondaryIndexDescription[] = made
    ? [
        {
          ...made,
          ProvisionedThroughput: throughputOf(made.ProvisionedThroughput),
          IndexArn: `${table.TableArn}/index/${made.IndexName}`,
          IndexStatus: "CREATING",
          Backfilling: true,
          ItemCount: 0,
          IndexSizeBytes: 0,
        },
      ]
    : [];
  const indexes = [...kept, ...added];
  return indexes.length > 0 ? { ...table, GlobalSecondaryIndexes: indexes } : table;
}

/** @throws AwsError if an attribute of an index has no type */
function checkKeys({ AttributeDefinitions }: Table, { KeySchema = [] }: CreateGlobalSecondaryIndexAction): void {
  const defined = AttributeDefinitions.map(({ AttributeName }) => AttributeName);
  const keys = KeySchema.map(({ AttributeName }) => AttributeName);
  if (keys.every((key) => defined.includes(key))) return;
  throw validation(
    `One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [${keys.join(", ")}], AttributeDefinitions: [${defined.join(", ")}]`,
  );
}
