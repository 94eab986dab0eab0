import type { Product, Tag } from "../goods.ts";
import { type Answer, json } from "../serve.ts";

/** Where the catalog's goods are kept. */
export interface Shelf {
  products(): Promise<readonly Product[]>;
  tags(): Promise<readonly Tag[]>;
}

/** What of the catalog is asked for. */
export async function catalogue({ pathname, searchParams }: URL, shelf: Shelf): Promise<Answer> {
  if (pathname === "/health") return { status: 200, type: "text/plain", body: "OK" };
  if (pathname === "/catalogue/tags") return json(await shelf.tags());
  const products = await shelf.products();
  const tags = (searchParams.get("tags") ?? "").split(",").filter((tag) => tag !== "");
  const tagged = products.filter(({ tag }) => tags.length === 0 || tags.some((wanted) => tag.includes(wanted)));
  if (pathname === "/catalogue/size") return json({ size: tagged.length });
  if (pathname === "/catalogue") return page(tagged, searchParams);
  const product = products.find(({ id }) => pathname === `/catalogue/product/${id}`);
  return product ? json(product) : json({ code: 404, message: "not found" }, 404);
}

/** A page of them in the order that is wanted. */
function page(products: readonly Product[], wanted: URLSearchParams): Answer {
  const number = (name: string, usual: number) => Number(wanted.get(name) ?? usual);
  const [at, size] = [number("page", 1), number("size", 10)];
  if (!(Number.isInteger(at) && Number.isInteger(size))) return json({ code: 400, message: "invalid syntax" }, 400);
  const sorted = [...products].sort(ORDERS[wanted.get("order") ?? ""] ?? (() => 0));
  return json(sorted.slice((at - 1) * size, at * size));
}

const ORDERS: Readonly<Record<string, (one: Product, other: Product) => number>> = {
  price_asc: (one, other) => one.price - other.price,
  price_desc: (one, other) => other.price - one.price,
  name_asc: (one, other) => one.name.localeCompare(other.name),
  name_desc: (one, other) => other.name.localeCompare(one.name),
};
