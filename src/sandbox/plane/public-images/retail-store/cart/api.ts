import type { Carts, Item } from "../carts.ts";
import { type Answer, type Asked, json } from "../serve.ts";

const NOT_FOUND = json({ status: 404, error: "Not Found" }, 404);

/** What is done with a cart: `/carts/CUSTOMER`, `/carts/CUSTOMER/items` and `/carts/CUSTOMER/items/ITEM`. (the app's CartsController) */
export async function cartsApi(carts: Carts, { method, url, body }: Asked): Promise<Answer> {
  if (url.pathname === "/actuator/health") return json({ status: "UP" });
  const [start, customer, items, itemId, ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
  if (start !== "carts" || !customer || rest.length > 0) return NOT_FOUND;
  if (items === undefined) return ofCart(carts, customer, method);
  if (items !== "items") return NOT_FOUND;
  if (itemId !== undefined) return ofItem(carts, customer, itemId, method);
  if (method === "GET") return json(await carts.items(customer));
  if (method === "POST") return json(await carts.add(customer, JSON.parse(body) as Item), 201);
  await carts.update(customer, JSON.parse(body) as Item);
  return json(undefined, 202);
}

async function ofCart(carts: Carts, customer: string, method: string): Promise<Answer> {
  const items = await carts.items(customer);
  if (method !== "DELETE") return json({ customerId: customer, items });
  for (const { itemId } of items) await carts.remove(customer, itemId);
  return json({ customerId: null, items: [] }, 202);
}

async function ofItem(carts: Carts, customer: string, itemId: string, method: string): Promise<Answer> {
  if (method === "DELETE") {
    await carts.remove(customer, itemId);
    return json(undefined, 202);
  }
  const item = (await carts.items(customer)).find((one) => one.itemId === itemId);
  return item ? json(item) : json({ status: 500, error: "Internal Server Error" }, 500);
}
