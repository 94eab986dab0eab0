import { exec } from "node:child_process";
import { appendFile, chown, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { databaseConfig } from "../database/config.js";
import { temporaryPostgres } from "../dev/temporary-postgres.ts";
import { startBia } from "./support/bia.ts";

describe("the environment", () => {
  it("names the database, with the course's defaults", () => {
    expect(databaseConfig({})).toMatchObject({
      username: "postgres",
      password: "postgres",
      host: "127.0.0.1",
      port: 5433,
      database: "bia",
    });
    const env = { DB_USER: "u", DB_PWD: "p", DB_HOST: "localhost", DB_PORT: "6000", DB_NAME: "outra" };
    expect(databaseConfig(env)).toMatchObject({
      username: "u",
      password: "p",
      host: "localhost",
      port: 6000,
      database: "outra",
    });
  });

  it.each(["localhost", "127.0.0.1", "::1", "database"])("asks %s for no TLS", (DB_HOST) => {
    expect(databaseConfig({ DB_HOST }).dialectOptions).toEqual({});
  });
});

describe("the course's commands, as typed", () => {
  it("npx sequelize db:create and db:migrate make an empty database ready, and migrate again does nothing", async () => {
    const env = { ...process.env, ...inject("postgres"), DB_NAME: "bia_comandos", NO_COLOR: "1" };
    const type = async (command: string) => (await promisify(exec)(command, { env })).stdout;
    expect(await type("npx sequelize db:create")).toContain("bia_comandos created");
    expect(await type("npx sequelize db:migrate")).toContain("criar-tarefas: migrated");
    expect(await type("npx sequelize db:migrate")).toContain("already up to date");
  });
});

/** A name of 127.0.0.1 that counts as a remote host. */
const REMOTE = "127.1";

describe.skipIf(process.platform === "win32")("a remote database, which takes nothing but TLS", () => {
  let postgres: Awaited<ReturnType<typeof temporaryPostgres>>;
  let env: Record<string, string>;
  let certificate: string;

  beforeAll(async () => {
    postgres = await temporaryPostgres();
    const { cert, private: key } = await generate([{ name: "commonName", value: REMOTE }], {
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "subjectAltName", altNames: [{ type: 2, value: REMOTE }] },
      ],
    });
    certificate = cert;
    await giveToPostgres("server.crt", cert);
    await giveToPostgres("server.key", key);
    await giveToPostgres("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    await appendFile(join(postgres.data, "postgresql.conf"), "ssl = on\n");
    await postgres.start();
    env = { ...postgres.env, DB_HOST: REMOTE };
    await migrateOverTls();
  });
  afterAll(() => postgres.remove());

  async function giveToPostgres(name: string, text: string) {
    const file = join(postgres.data, name);
    await rm(file, { force: true });
    await writeFile(file, text, { mode: 0o600 });
    const { uid, gid } = await stat(postgres.data);
    await chown(file, uid, gid);
  }

  /** `npx sequelize` reads the same configuration, so it has to reach the database over TLS as well. */
  async function migrateOverTls() {
    const options = { env: { ...process.env, ...env } };
    await promisify(exec)("npx sequelize db:create", options);
    await promisify(exec)("npx sequelize db:migrate", options);
  }

  /** Starts the app in a folder of its own with this certificate bundle, and asks for the tasks. */
  async function tasksWithBundle(bundle?: string) {
    const home = await mkdtemp(join(tmpdir(), "bia-home-"));
    if (bundle) {
      await mkdir(join(home, "certs"));
      await writeFile(join(home, "certs", "rds-global-bundle.pem"), bundle);
    }
    const bia = await startBia(env, home);
    onTestFinished(async () => {
      await bia.stop();
      await rm(home, { recursive: true });
    });
    return bia.call("GET", "/api/tarefas");
  }

  it("is reached without a certificate bundle", async () => {
    expect((await tasksWithBundle()).status).toBe(200);
  });

  it("is reached when the bundle vouches for it", async () => {
    expect((await tasksWithBundle(certificate)).status).toBe(200);
  });

  it("is refused when the bundle does not", async () => {
    const other = await generate([{ name: "commonName", value: "outra CA" }]);
    const { status, body } = await tasksWithBundle(other.cert);
    expect(status).toBe(503);
    expect(body.message).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY|certificate/i);
  });

  it("is refused when it is asked for under a local name, without TLS", async () => {
    const bia = await startBia(postgres.env);
    onTestFinished(async () => void (await bia.stop()));
    const { status, body } = await bia.call("GET", "/api/tarefas");
    expect(status).toBe(503);
    expect(body.message).toContain("TLS");
  });
});
