import type { Item } from "../carts.ts";
import type { Product } from "../goods.ts";

/** What is on a page between its navigation and its end. */
export interface Page {
  readonly title: string;
  readonly content: string;
  /** Default 200. */
  readonly status?: number;
}

export function homePage(): Page {
  const content = '<h1>The most public secret shop</h1>\n<p><a href="/catalog">Shop now</a></p>';
  return { title: "Home", content };
}

/** @param hasPictures whether somebody has the products' pictures */
export function catalogPage(products: readonly Product[], hasPictures: boolean): Page {
  const items = products.map((product) => {
    const name = `${picture(product, hasPictures)}${escaped(product.name)}`;
    return `<li><a href="/catalog/${encodeURIComponent(product.id)}">${name}</a> $${product.price}</li>`;
  });
  return { title: "Catalog", content: `<h1>Catalog</h1>\n<ul>${items.join("")}</ul>` };
}

export function productPage(product: Product, hasPictures: boolean): Page {
  const add = form("/cart", product.id, "Add to cart");
  const content = `<h1>${escaped(product.name)}</h1>\n${picture(product, hasPictures)}<p>$${product.price}</p>\n${add}`;
  return { title: product.name, content };
}

export function cartPage(items: readonly Item[]): Page {
  const rows = items.map(({ itemId, quantity, unitPrice }) => {
    return `<li>${quantity} x ${escaped(itemId)} $${quantity * unitPrice} ${form("/cart/remove", itemId, "Remove")}</li>`;
  });
  const content = rows.length === 0 ? "<p>Your cart is empty.</p>" : `<ul>${rows.join("")}</ul>`;
  return { title: "Cart", content: `<h1>Cart</h1>\n${content}` };
}

/** The whole page. @param banner words above it; absent: none */
export function page(title: string, content: string, banner: string | undefined): string {
  const above = banner ? `<div class="banner">${escaped(banner)}</div>\n` : "";
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Retail Store Sample - ${escaped(title)}</title><style>${STYLE}</style></head>
<body>
${above}<nav><a class="navbar-brand" href="/home">Retail Store Sample</a> <a href="/catalog">Catalog</a> <a href="/cart">Cart</a></nav>
<main>${content}</main>
</body>
</html>
`;
}

function picture({ imageUrl, name }: Product, hasPictures: boolean): string {
  return hasPictures ? `<img src="${escaped(imageUrl)}" alt="${escaped(name)}"> ` : "";
}

function form(action: string, productId: string, says: string): string {
  const hidden = `<input type="hidden" name="productId" value="${escaped(productId)}">`;
  return `<form method="post" action="${action}">${hidden}<button>${says}</button></form>`;
}

const STYLE =
  "body{font-family:sans-serif;margin:0}nav,main{padding:1em}form{display:inline}.banner{background:#fd6;padding:.5em 1em}";

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
