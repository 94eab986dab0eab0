import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from "@aws-sdk/client-dynamodb";
import type { Carts, Item } from "../carts.ts";

/** The index that the app finds a customer's items by. */
const INDEX = "idx_global_customerId";

type Attributes = Record<string, AttributeValue>;

/** Carts in a table of DynamoDB, an item each for what is in them; as the app's DynamoDBCartService has them. */
export class DynamoCarts implements Carts {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  private constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** As 0.8.0 does, asks the index once, so that a program which may not ends at once. @throws what DynamoDB refuses */
  static async open(table: string, endpoint: string | undefined): Promise<DynamoCarts> {
    const carts = new DynamoCarts(new DynamoDBClient({ ...(endpoint && { endpoint }) }), table);
    await carts.items("nobody");
    return carts;
  }

  async items(customer: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    const query = {
      TableName: this.#table,
      IndexName: INDEX,
      KeyConditionExpression: "customerId = :customer",
      ExpressionAttributeValues: { ":customer": { S: customer } },
    };
    for await (const { Items = [] } of paginateQuery({ client: this.#client }, query)) found.push(...Items.map(itemIn));
    return found;
  }

  async add(customer: string, { itemId, quantity, unitPrice }: Item): Promise<Item> {
    const present = await this.#item(customer, itemId);
    const item = present ? { ...present, quantity: present.quantity + quantity } : { itemId, quantity: 1, unitPrice };
    await this.#put(customer, item);
    return item;
  }

  async update(customer: string, item: Item): Promise<void> {
    if (await this.#item(customer, item.itemId)) await this.#put(customer, item);
  }

  async remove(customer: string, itemId: string): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: keyOf(customer, itemId) }));
  }

  async #item(customer: string, itemId: string): Promise<Item | undefined> {
    const asked = new GetItemCommand({ TableName: this.#table, Key: keyOf(customer, itemId) });
    const { Item: found } = await this.#client.send(asked);
    return found && itemIn(found);
  }

  async #put(customer: string, { itemId, quantity, unitPrice }: Item): Promise<void> {
    const Item: Attributes = {
      ...keyOf(customer, itemId),
      customerId: { S: customer },
      itemId: { S: itemId },
      quantity: { N: `${quantity}` },
      unitPrice: { N: `${unitPrice}` },
    };
    await this.#client.send(new PutItemCommand({ TableName: this.#table, Item }));
  }
}

function keyOf(customer: string, itemId: string): Attributes {
  return { id: { S: `${customer}:${itemId}` } };
}

function itemIn({ itemId, quantity, unitPrice }: Attributes): Item {
  return { itemId: itemId?.S ?? "", quantity: Number(quantity?.N), unitPrice: Number(unitPrice?.N) };
}
