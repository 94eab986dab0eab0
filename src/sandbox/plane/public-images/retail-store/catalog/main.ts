import { serve } from "../serve.ts";
import { catalogue } from "./catalogue.ts";
import { readProducts } from "./products.ts";

/*
 * Stands for the shop's catalog, retail-store-sample-catalog 0.7.0: JSON on 8080, healthy under /health. As the real one it makes its
 * tables in MySQL when it starts, and ends where it cannot; RETAIL_CATALOG_PERSISTENCE_PROVIDER=in-memory, which later versions know,
 * has it do without.
 */

try {
  const { products, source } = readProducts(process.env);
  console.log(`Using ${source}`);
  serve(({ url }) => catalogue(url, products), {
    started: "Listening and serving HTTP on :8080",
    ending: "Shutting down server...",
    code: 0,
  });
} catch (error) {
  console.error(`Error: Failed to prep migration ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
