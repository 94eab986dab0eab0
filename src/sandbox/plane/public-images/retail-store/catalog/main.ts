import { serve } from "../serve.ts";
import { catalogue } from "./catalogue.ts";
import { openShelf } from "./shelf.ts";

/*
 * Stands for the shop's catalog, retail-store-sample-catalog 0.7.0: JSON on 8080, healthy under /health. As the real one it makes its
 * tables in MySQL when it starts (DB_ENDPOINT, DB_USER, DB_PASSWORD, DB_NAME), and ends where it cannot;
 * RETAIL_CATALOG_PERSISTENCE_PROVIDER=in-memory, which later versions know, has it do without.
 */

openShelf(process.env).then(
  ({ shelf, source }) => {
    console.log(`Using ${source}`);
    serve(({ url }) => catalogue(url, shelf), {
      started: "Listening and serving HTTP on :8080",
      ending: "Shutting down server...",
      code: 0,
    });
  },
  (error: Error) => {
    console.error(`Error: Failed to prep migration ${error.message}`);
    process.exit(1);
  },
);
