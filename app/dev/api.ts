import { resolve } from "node:path";
import type { Plugin } from "vite";
import { type Database, openDatabase } from "../server/database.ts";
import { createDatabase, migrate } from "./migrations.ts";

/**
 * `npm run dev`: the API beside the page, on Vite's own address, over a PostgreSQL of its own whose data stays in
 * `.postgres`. With DB_HOST set, that database is used instead. Changes to server/ apply from the next request.
 */
export function devApi(): Plugin {
  let database: Database | undefined;
  let stopPostgres = async () => {};
  let interrupt = () => {};

  return {
    name: "bia-api",
    apply: "serve",
    async configureServer(vite) {
      let env = process.env;
      if (!env.DB_HOST) {
        const { preparePostgres } = await import("./postgres.ts");
        const postgres = await preparePostgres(resolve(".postgres"));
        await postgres.start();
        stopPostgres = postgres.stop;
        env = { ...env, ...postgres.env };
        vite.config.logger.info(`\n  PostgreSQL na porta ${env.DB_PORT}, dados em ${postgres.data}`);
      }
      await createDatabase(env);
      await migrate(env);
      const opened = openDatabase(env);
      database = opened;
      interrupt = () => void vite.close().finally(() => process.exit(130));
      process.once("SIGINT", interrupt);

      vite.middlewares.use(async (req, res, next) => {
        if (!req.url?.startsWith("/api/")) return next();
        try {
          const { createApp } = await vite.ssrLoadModule("/server/app.ts");
          createApp(opened)(req, res);
        } catch (error) {
          next(error);
        }
      });
    },
    async buildEnd() {
      process.off("SIGINT", interrupt);
      const closing = database;
      database = undefined;
      await closing?.sequelize.close();
      await stopPostgres();
    },
  };
}
