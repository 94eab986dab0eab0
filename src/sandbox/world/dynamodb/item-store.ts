import { create, type GotTable, type Refusal, type Store, updateIndexes } from "dynalite/db/index.js";
import { checkTypes, checkValidations } from "dynalite/validations/index.js";
import { AwsError } from "../../wire/service.ts";
import type { Table } from "../records.ts";
import type { Region } from "../region.ts";
import { ACTIONS, TABLE_RULES } from "./dynalite.ts";
import { fromWire, toWire } from "./wire-values.ts";

export type ItemOperation = keyof typeof ACTIONS;

/**
 * The items of a region's tables, as dynalite keeps them: in memory. Each of its writes is a record of the world too, so items are
 * saved, and come back, with everything else. Tables are records only; dynalite is told of them when it asks.
 */
export class ItemStore {
  readonly #region: Region;
  readonly #store: Store;

  private constructor(region: Region, store: Store) {
    this.#region = region;
    this.#store = store;
  }

  static async open(region: Region): Promise<ItemStore> {
    const { entries } = region.dynamodb;
    const store = create({});
    await store.db.batch(entries.all().map(({ key, item }) => ({ type: "put", key, value: item })));
    store.db.on("write", (operations) => {
      for (const { type, key, value } of operations) {
        if (type === "put") entries.put({ key, item: value });
        else entries.delete(key);
      }
    });
    store.getTable = (name, checkStatus, done) => {
      const answer = typeof checkStatus === "function" ? checkStatus : done;
      answer?.(...found(region.dynamodb.tables.get(name)));
    };
    return new ItemStore(region, store);
  }

  /** Does what an operation on items asks for. @throws AwsError in DynamoDB's words */
  async perform(operation: ItemOperation, input: object): Promise<object> {
    const [action, rules] = ACTIONS[operation];
    const data = this.#checked(input, rules);
    const answer = await promised<object>((done) => action(this.#store, data, done));
    return fromWire(answer) as object;
  }

  /** Looks through the input of CreateTable. @throws AwsError in DynamoDB's words */
  checkTable(input: object): void {
    this.#checked(input, TABLE_RULES);
  }

  /** Puts the items that are there into a new index. */
  async fillIndex({ TableName, ...table }: Table, indexName: string): Promise<void> {
    const index = table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === indexName);
    const only = { ...table, TableName, LocalSecondaryIndexes: [], GlobalSecondaryIndexes: [index] };
    for (const { key, item } of this.#region.dynamodb.entries.all()) {
      if (!key.startsWith(`item-${TableName}~`)) continue;
      await promised((done) => updateIndexes(this.#store, only, undefined, item, done));
    }
  }

  async dropIndex(tableName: string, indexName: string): Promise<void> {
    await promised((done) => this.#store.deleteIndexDb("Global", tableName, indexName, done));
  }

  /** Deletes all items of a table. */
  async dropItems({ TableName, GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] }: Table): Promise<void> {
    await promised((done) => this.#store.deleteItemDb(TableName, done));
    for (const { IndexName = "" } of GlobalSecondaryIndexes) await this.dropIndex(TableName, IndexName);
    for (const { IndexName = "" } of LocalSecondaryIndexes) {
      await promised((done) => this.#store.deleteIndexDb("Local", TableName, IndexName, done));
    }
  }

  #checked(input: object, { types, custom }: { readonly types: object; readonly custom?: unknown }): object {
    try {
      const data = checkTypes(toWire(input) as object, types);
      checkValidations(data, types, custom, this.#store);
      return data;
    } catch (thrown) {
      throw refusalIn(thrown);
    }
  }
}

/** While a table is made or deleted there is nothing to read from. */
function found(table: Table | undefined): Parameters<GotTable> {
  if (table && table.TableStatus !== "CREATING" && table.TableStatus !== "DELETING") return [undefined, { ...table }];
  const body = {
    __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
    message: "Requested resource not found",
  };
  return [Object.assign(new Error(body.message), { statusCode: 400, body })];
}

function promised<Answer>(call: (done: (error?: unknown, answer?: Answer) => void) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(refusalIn(error)) : resolve(answer as Answer)));
  });
}

/** dynalite's answer as the sandbox's own; anything else is a defect and stays as it is. */
function refusalIn(thrown: unknown): unknown {
  const { body, statusCode } = thrown as Partial<Refusal>;
  if (!body) return thrown;
  const code = body.__type.slice(body.__type.indexOf("#") + 1);
  return new AwsError(code, body.message ?? body.Message ?? "", statusCode);
}
