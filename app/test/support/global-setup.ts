import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { temporaryPostgres } from "../../dev/temporary-postgres.ts";
import { noChromium, skipBrowser } from "./chromium.ts";
import { runNode } from "./processes.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** DB_* of the PostgreSQL server that the test files share. */
    postgres: Record<string, string>;
  }
}

/** Builds the app as `npm run build` does and starts one PostgreSQL server; each test file creates a database on it. */
export default async function setup(project: TestProject) {
  const vite = resolve("node_modules", "vite", "bin", "vite.js");
  await runNode([vite, "build", "--outDir", "dist/client", "--logLevel", "warn"]);
  await runNode([vite, "build", "--ssr", "server/main.ts", "--outDir", "dist/server", "--logLevel", "warn"]);

  const postgres = await temporaryPostgres();
  await postgres.start();
  project.provide("postgres", postgres.env);
  return async () => {
    await postgres.remove();
    if (skipBrowser) console.warn(noChromium);
  };
}
