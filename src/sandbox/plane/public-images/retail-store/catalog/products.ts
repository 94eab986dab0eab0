import { PRODUCTS, type Product } from "../goods.ts";

/**
 * The catalog's products, and where they are kept.
 *
 * @throws Error where they are to be kept in MySQL
 */
export function readProducts({ RETAIL_CATALOG_PERSISTENCE_PROVIDER: provider = "mysql" }: NodeJS.ProcessEnv): {
  products: readonly Product[];
  source: string;
} {
  if (provider === "in-memory") return { products: PRODUCTS, source: "in-memory database" };
  throw new Error(
    `bia-infra sandbox: this stand-in has no ${provider} yet. RETAIL_CATALOG_PERSISTENCE_PROVIDER=in-memory has it do without.`,
  );
}
