import { PRODUCTS, TAGS } from "../goods.ts";
import type { Shelf } from "./catalogue.ts";
import { openMysqlShelf } from "./mysql-shelf.ts";

/**
 * In MySQL, or in memory where RETAIL_CATALOG_PERSISTENCE_PROVIDER says `in-memory`.
 *
 * @throws Error if MySQL cannot be reached, or does not take the tables
 */
export async function openShelf(env: NodeJS.ProcessEnv): Promise<{ shelf: Shelf; source: string }> {
  const { RETAIL_CATALOG_PERSISTENCE_PROVIDER: provider = "mysql" } = env;
  if (provider === "in-memory") {
    return { shelf: { products: async () => PRODUCTS, tags: async () => TAGS }, source: "in-memory database" };
  }
  const {
    DB_ENDPOINT: endpoint = "catalog-db:3306",
    DB_USER: user = "catalog_user",
    DB_NAME: database = "catalogdb",
  } = env;
  const shelf = await openMysqlShelf({ endpoint, user, password: env.DB_PASSWORD ?? "", database });
  return { shelf, source: `MySQL at ${endpoint}` };
}
