import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { databaseConfig } from "../database/config.js";

const run = promisify(execFile);
const cli = join(dirname(createRequire(import.meta.url).resolve("sequelize-cli/package.json")), "lib", "sequelize");

/** Runs `npx sequelize <command>` without npx, in the app's folder, and resolves to what it printed. */
export async function sequelizeCli(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run(process.execPath, [cli, command], { env });
  return stdout;
}

/** Creates the database unless it is there. */
export async function createDatabase(env: NodeJS.ProcessEnv): Promise<void> {
  const { username, password, host, port, database } = databaseConfig(env);
  const client = new Client({ user: username, password, host, port, database: "postgres" });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (!rowCount) await sequelizeCli("db:create", env);
  } finally {
    await client.end();
  }
}

/** Brings the tables up to date. */
export async function migrate(env: NodeJS.ProcessEnv): Promise<void> {
  await sequelizeCli("db:migrate", env);
}
