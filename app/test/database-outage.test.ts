import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createDatabase } from "../dev/migrations.ts";
import { temporaryPostgres } from "../dev/temporary-postgres.ts";
import { type Bia, newDatabase, startBia } from "./support/bia.ts";

async function startedBia(env: Record<string, string>): Promise<Bia> {
  const bia = await startBia(env);
  onTestFinished(async () => void (await bia.stop()));
  return bia;
}

const tarefasStatus = async (bia: Bia) => (await bia.call("GET", "/api/tarefas")).status;

describe("a PostgreSQL server that comes and goes", () => {
  let postgres: Awaited<ReturnType<typeof temporaryPostgres>>;
  let env: Record<string, string>;
  beforeAll(async () => {
    postgres = await temporaryPostgres();
    await postgres.start();
    env = await newDatabase(postgres.env, "bia");
  });
  afterAll(() => postgres.remove());

  it("may start after the app: until then page and version are served, tasks are 503 with a reason", async () => {
    await postgres.stop();
    const bia = await startedBia(env);
    expect((await fetch(`${bia.url}/`)).status).toBe(200);
    expect((await fetch(`${bia.url}/api/versao`)).status).toBe(200);
    expect((await bia.call("GET", "/api/ping")).status).toBe(200);
    expect(await bia.call("GET", "/api/saude")).toMatchObject({
      status: 503,
      body: { banco: "fora", motivo: "sem conexão com o banco (ECONNREFUSED)" },
    });
    expect(await bia.call("GET", "/api/tarefas")).toEqual({
      status: 503,
      body: { message: "Banco de dados indisponível: sem conexão com o banco (ECONNREFUSED)." },
    });

    await postgres.start();
    expect(await tarefasStatus(bia)).toBe(200);
    expect(await bia.call("GET", "/api/saude")).toMatchObject({ status: 200, body: { banco: "ok" } });
    await expect.poll(() => bia.log.map(({ message }) => message)).toContain("banco de dados conectado");
  });

  it("may restart while requests run: each is answered 200 or 503, and what was answered 200 is stored", async () => {
    const bia = await startedBia(env);
    const answered: number[] = [];
    const stored: string[] = [];
    let running = true;
    const client = async (name: number) => {
      for (let turn = 0; running; turn++) {
        const titulo = `cliente ${name}, vez ${turn}`;
        const { status } = await bia.call("POST", "/api/tarefas", { titulo });
        answered.push(status);
        if (status === 200) stored.push(titulo);
        answered.push(await tarefasStatus(bia));
      }
    };
    const clients = Array.from({ length: 8 }, (_, name) => client(name));
    onTestFinished(async () => {
      running = false;
      await Promise.allSettled(clients);
    });
    const seen = (status: number, after: number) => () => answered.slice(after).includes(status);

    await expect.poll(seen(200, 0)).toBe(true);
    await postgres.stop();
    const stopped = answered.length;
    await expect.poll(seen(503, stopped)).toBe(true);
    await postgres.start();
    const started = answered.length;
    await expect.poll(seen(200, started)).toBe(true);
    running = false;
    await Promise.all(clients);

    expect(new Set(answered)).toEqual(new Set([200, 503]));
    const { body } = await bia.call("GET", "/api/tarefas");
    const titles = new Set(body.map((task: { titulo: string }) => task.titulo));
    expect(stored.filter((titulo) => !titles.has(titulo))).toEqual([]);
    expect(bia.stderr()).toBe("");
  });

  it("is waited for by a request that meets it just starting", async () => {
    const bia = await startedBia(env);
    await postgres.stop();
    const early = tarefasStatus(bia);
    await postgres.start();
    expect(await early).toBe(200);
  });
});

describe("a database that is not set up", () => {
  it("is 503 with the command that creates it, then with the command that migrates it, then works", async () => {
    const env = { ...inject("postgres"), DB_NAME: "bia_nova" };
    const bia = await startedBia(env);
    const missing = await bia.call("GET", "/api/tarefas");
    expect(missing).toMatchObject({
      status: 503,
      body: { message: expect.stringContaining("npx sequelize db:create") },
    });
    await createDatabase({ ...process.env, ...env });
    const empty = await bia.call("GET", "/api/tarefas");
    expect(empty).toMatchObject({
      status: 503,
      body: { message: expect.stringContaining("npx sequelize db:migrate") },
    });
    await newDatabase(inject("postgres"), "bia_nova");
    expect(await bia.call("GET", "/api/tarefas")).toEqual({ status: 200, body: [] });
  });

  it("is 503 naming the variables when the password is wrong, which stays secret", async () => {
    const bia = await startedBia({ ...inject("postgres"), DB_PWD: "senha-errada" });
    const { status, body } = await bia.call("GET", "/api/tarefas");
    expect(status).toBe(503);
    expect(body.message).toContain("DB_USER e DB_PWD");
    expect(JSON.stringify([body, bia.log])).not.toContain("senha-errada");
  });
});
