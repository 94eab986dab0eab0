import { type Carts, type Item, MemoryCarts } from "../carts.ts";
import { PRODUCTS, type Product } from "../goods.ts";
import type { Answer } from "../serve.ts";

/** Services behind the pages: those that are given, else goods and carts of its own. */
export interface BackEnds {
  products(): Promise<readonly Product[]>;
  /** Undefined: there is none. */
  product(id: string): Promise<Product | undefined>;
  readonly carts: Carts;
  /** A picture; undefined: nobody has any. */
  readonly picture: ((path: string) => Promise<Answer>) | undefined;
}

/** By the variables of 0.7.0: ENDPOINTS_CATALOG, ENDPOINTS_CARTS and ENDPOINTS_ASSETS, urls each. */
export function backEndsOf({
  ENDPOINTS_CATALOG: catalog,
  ENDPOINTS_CARTS: carts,
  ENDPOINTS_ASSETS: assets,
}: NodeJS.ProcessEnv): BackEnds {
  return {
    products: async () => (catalog ? ((await (await asked(`${catalog}/catalogue`)).json()) as Product[]) : PRODUCTS),
    async product(id) {
      if (!catalog) return PRODUCTS.find((one) => one.id === id);
      const answer = await asked(`${catalog}/catalogue/product/${encodeURIComponent(id)}`, {}, [404]);
      return answer.status === 404 ? undefined : ((await answer.json()) as Product);
    },
    carts: carts ? new RemoteCarts(`${carts}/carts`) : new MemoryCarts(),
    picture: assets ? (path) => pictureAt(`${assets}${path}`) : undefined,
  };
}

/** Carts that another service keeps. */
class RemoteCarts implements Carts {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async items(customer: string): Promise<readonly Item[]> {
    return (await (await asked(`${this.#url}/${customer}/items`)).json()) as Item[];
  }

  async add(customer: string, item: Item): Promise<Item> {
    return (await (await this.#send("POST", customer, item)).json()) as Item;
  }

  async update(customer: string, item: Item): Promise<void> {
    await this.#send("PATCH", customer, item);
  }

  async remove(customer: string, itemId: string): Promise<void> {
    await asked(`${this.#url}/${customer}/items/${encodeURIComponent(itemId)}`, { method: "DELETE" });
  }

  #send(method: string, customer: string, item: Item): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return asked(`${this.#url}/${customer}/items`, { method, headers, body: JSON.stringify(item) });
  }
}

async function pictureAt(url: string): Promise<Answer> {
  const answer = await asked(url, {}, [404]);
  const type = answer.headers.get("content-type") ?? "application/octet-stream";
  return { status: answer.status, type, body: new Uint8Array(await answer.arrayBuffer()) };
}

/** @param others statuses that are answers, too @throws Error for any other one that is no success */
async function asked(url: string, request: RequestInit = {}, others: readonly number[] = []): Promise<Response> {
  const answer = await fetch(url, request);
  if (answer.ok || others.includes(answer.status)) return answer;
  throw new Error(`${request.method ?? "GET"} ${url}: ${answer.status} ${await answer.text()}`);
}
