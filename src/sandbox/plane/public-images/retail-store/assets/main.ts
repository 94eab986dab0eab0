import { PRODUCTS } from "../goods.ts";
import { type Answer, serve } from "../serve.ts";

/*
 * Stands for the shop's pictures, retail-store-sample-assets 0.7.0: files below /assets on 8080, healthy under /health.html. Its pictures are
 * its own.
 */

serve(({ url }) => file(url.pathname), {
  started: "Configuration complete; ready for start up",
  ending: "gracefully shutting down",
  code: 0,
});

function file(path: string): Answer {
  if (path === "/health.html") return { status: 200, type: "text/html", body: "OK" };
  const product = PRODUCTS.find(({ imageUrl }) => imageUrl === path);
  if (!product) return { status: 404, type: "text/html", body: "<h1>404 Not Found</h1>" };
  return { status: 200, type: "image/svg+xml", body: dial(product.name, product.price % 360) };
}

/** A watch's face. @param hue of its colour */
function dial(name: string, hue: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160" viewBox="0 0 160 160" role="img">
<title>${name}</title>
<circle cx="80" cy="80" r="70" fill="hsl(${hue} 60% 90%)" stroke="hsl(${hue} 40% 40%)" stroke-width="8"/>
<path d="M80 80V32M80 80l30 18" stroke="#333" stroke-width="6" stroke-linecap="round"/>
</svg>
`;
}
