import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * The tiny app, with a `sequelize` and a server that really speak to the database on RDS that they are told of; told of
 * none, they remember in files. Answers its folder, which the caller deletes.
 */
export async function appWithDatabase(): Promise<string> {
  const app = await mkdtemp(join(tmpdir(), "bia-app-"));
  await cp(join(import.meta.dirname, "tiny-app"), app, { recursive: true });
  for (const { file, contents, format, banner } of PROGRAMS) {
    await build({
      stdin: { contents: CONNECT + contents, resolveDir: import.meta.dirname },
      outfile: join(app, file),
      allowOverwrite: true,
      bundle: true,
      platform: "node",
      format,
      external: ["pg-native"],
      banner: { js: banner },
    });
  }
  return app;
}

const CONNECT = `
import pg from "pg";
import { existsSync, writeFileSync } from "node:fs";
const { DB_HOST: host, DB_PORT, DB_USER: user, DB_NAME: name, DB_PWD: password } = process.env;
async function ask(database, sql, values) {
  const client = new pg.Client({ host, port: Number(DB_PORT), user, password, database, ssl: { rejectUnauthorized: false } });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}
`;

const SEQUELIZE = `
const [command] = process.argv.slice(2);
const MIGRATE = "create table if not exists migrated (at timestamptz default now()); insert into migrated default values; create table if not exists tarefas (titulo text)";
if (!host) {
  if (command === "db:migrate") writeFileSync("migrated", "");
} else {
  const done = command === "db:create" ? ask("postgres", 'create database "' + name + '"') : ask(name, MIGRATE);
  done.then(() => console.log(command + " done")).catch((error) => { console.error("ERROR: " + error.message); process.exit(1); });
}
`;

const SERVER = `
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
const local = [];
async function tarefas(request) {
  if (!host && !existsSync("migrated")) return [503, '{"message":"rode npx sequelize db:migrate"}'];
  if (request.method === "POST") {
    const { titulo } = JSON.parse(await text(request));
    if (host) await ask(name, "insert into tarefas values ($1)", [titulo]);
    else local.push({ titulo });
  }
  return [200, JSON.stringify(host ? await ask(name, "select titulo from tarefas") : local)];
}
createServer(async (request, response) => {
  const answer = async () => {
    if (request.url === "/api/versao") return [200, "Bia tiny"];
    return request.url === "/api/tarefas" ? tarefas(request) : [404, ""];
  };
  const [status, body] = await answer().catch((error) => [500, JSON.stringify({ message: error.message })]);
  response.writeHead(status).end(body);
}).listen(Number(process.env.PORT));
process.on("SIGTERM", () => process.exit(0));
`;

const PROGRAMS = [
  // It is copied to a name without an ending, which Node takes for CommonJS.
  { file: "sequelize.mjs", contents: SEQUELIZE, format: "cjs", banner: "#!/usr/bin/env node" },
  {
    file: "server.mjs",
    contents: SERVER,
    format: "esm",
    banner: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
] as const;
