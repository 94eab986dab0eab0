import { randomUUID } from "node:crypto";
import { type Answer, type Asked, json } from "../serve.ts";
import type { BackEnds } from "./back-ends.ts";
import { cartPage, catalogPage, homePage, type Page, page, productPage } from "./pages.ts";

const NOT_FOUND: Page = { title: "Not found", content: "<h1>404</h1>\n<p>There is no such page.</p>", status: 404 };

/** @param banner words above every page; absent: none */
export async function shop(ends: BackEnds, asked: Asked, banner: string | undefined): Promise<Answer> {
  const { pathname } = asked.url;
  if (pathname === "/") return { status: 302, type: "text/plain", body: "", location: "/home" };
  if (/^\/actuator\/health(\/(liveness|readiness))?$/.test(pathname)) return json({ status: "UP" });
  if (pathname.startsWith("/assets/") && ends.picture) return ends.picture(pathname);
  if (pathname.startsWith("/cart") && asked.method === "POST") return changeCart(ends, asked);
  const { title, content, status = 200 } = await shown(ends, asked);
  return { status, type: "text/html; charset=utf-8", body: page(title, content, banner) };
}

async function shown(ends: BackEnds, asked: Asked): Promise<Page> {
  const { pathname } = asked.url;
  if (pathname === "/home") return homePage();
  if (pathname === "/catalog") return catalogPage(await ends.products(), ends.picture !== undefined);
  if (pathname === "/cart") return cartPage(await ends.carts.items(customerOf(asked)));
  const [, id] = /^\/catalog\/([^/]+)$/.exec(pathname) ?? [];
  const product = id === undefined ? undefined : await ends.product(decodeURIComponent(id));
  return product ? productPage(product, ends.picture !== undefined) : NOT_FOUND;
}

/** `/cart` adds a product, `/cart/remove` takes it away; then the cart is shown. */
async function changeCart({ carts, product }: BackEnds, asked: Asked): Promise<Answer> {
  const customer = customerOf(asked);
  const itemId = new URLSearchParams(asked.body).get("productId") ?? "";
  const found = await product(itemId);
  if (asked.url.pathname === "/cart/remove") await carts.remove(customer, itemId);
  else if (found) await carts.add(customer, { itemId, quantity: 1, unitPrice: found.price });
  return { status: 302, type: "text/plain", body: "", location: "/cart", cookie: `SESSIONID=${customer}` };
}

/** Somebody without a session gets one with the first thing that is put into the cart. */
function customerOf({ headers }: Asked): string {
  return /(?:^|;\s*)SESSIONID=([\w-]+)/.exec(headers.cookie ?? "")?.[1] ?? randomUUID();
}
