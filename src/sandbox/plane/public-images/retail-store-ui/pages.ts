/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Where to look instead. */
  readonly location?: string;
}

/** Something that the shop sells. */
interface Product {
  readonly id: string;
  readonly name: string;
  /** Whole dollars. */
  readonly price: number;
}

const PRODUCTS: readonly Product[] = [
  { id: "pocket-watch", name: "Pocket Watch", price: 385 },
  { id: "wood-watch", name: "Wood Watch", price: 50 },
  { id: "gentleman", name: "Gentleman", price: 795 },
  { id: "classic-watch", name: "The Classic", price: 650 },
];

/** @param banner words above every page; absent: none */
export function answer(url: string, banner: string | undefined): Answer {
  const { pathname } = new URL(url, "http://localhost");
  if (pathname === "/") return { status: 302, type: "text/plain", body: "", location: "/home" };
  if (pathname === "/actuator/health" || /^\/actuator\/health\/(liveness|readiness)$/.test(pathname)) {
    return { status: 200, type: "application/json", body: JSON.stringify({ status: "UP" }) };
  }
  const html = (title: string, content: string, status = 200): Answer => ({
    status,
    type: "text/html; charset=utf-8",
    body: page(title, content, banner),
  });
  if (pathname === "/home") {
    return html("Home", '<h1>The most public secret shop</h1>\n<p><a href="/catalog">Shop now</a></p>');
  }
  if (pathname === "/catalog") return html("Catalog", `<h1>Catalog</h1>\n<ul>${PRODUCTS.map(item).join("")}</ul>`);
  if (pathname === "/cart") return html("Cart", "<h1>Cart</h1>\n<p>Your cart is empty.</p>");
  const product = PRODUCTS.find(({ id }) => pathname === `/catalog/${id}`);
  if (product) return html(product.name, `<h1>${product.name}</h1>\n<p>$${product.price}</p>`);
  return html("Not found", "<h1>404</h1>\n<p>There is no such page.</p>", 404);
}

function item({ id, name, price }: Product): string {
  return `<li><a href="/catalog/${id}">${name}</a> $${price}</li>`;
}

function page(title: string, content: string, banner: string | undefined): string {
  const above = banner ? `<div class="banner">${escaped(banner)}</div>\n` : "";
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Retail Store Sample - ${title}</title><style>${STYLE}</style></head>
<body>
${above}<nav><a class="navbar-brand" href="/home">Retail Store Sample</a> <a href="/catalog">Catalog</a> <a href="/cart">Cart</a></nav>
<main>${content}</main>
</body>
</html>
`;
}

const STYLE = "body{font-family:sans-serif;margin:0}nav,main{padding:1em}.banner{background:#fd6;padding:.5em 1em}";

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
