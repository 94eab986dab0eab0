import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { type Bia, connectTo, newDatabase, startBia } from "./support/bia.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

let env: Record<string, string>;
let bia: Bia;
beforeAll(async () => {
  env = await newDatabase(inject("postgres"), "bia_api");
  bia = await startBia(env);
});
afterAll(() => bia.stop());

const add = async (titulo: string) => (await bia.call("POST", "/api/tarefas", { titulo })).body;

describe("the course's API", () => {
  it("creates a task from titulo, dia and importante, and answers the whole record", async () => {
    const sent = { titulo: "Estudar ECS", dia: "Segunda, 10h", importante: true };
    const { status, body } = await bia.call("POST", "/api/tarefas", sent);
    expect(status).toBe(200);
    expect(body).toEqual({
      uuid: expect.stringMatching(/^[\da-f-]{36}$/),
      titulo: "Estudar ECS",
      dia_atividade: "Segunda, 10h",
      importante: true,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(await bia.call("GET", `/api/tarefas/${body.uuid}`)).toEqual({ status: 200, body });
  });

  it("also takes the day as dia_atividade, as the record calls it", async () => {
    const { body } = await bia.call("POST", "/api/tarefas", { titulo: "a", dia_atividade: "Terça" });
    expect(body.dia_atividade).toBe("Terça");
  });

  it("takes a task without a day and without a priority as one that is not important", async () => {
    expect(await add("só o título")).toMatchObject({ dia_atividade: null, importante: false });
  });

  it("takes a form as well as JSON", async () => {
    const form = new URLSearchParams({ titulo: "do curl", dia: "hoje", importante: "true" });
    const response = await fetch(`${bia.url}/api/tarefas`, { method: "POST", body: form });
    expect(await response.json()).toMatchObject({ titulo: "do curl", dia_atividade: "hoje", importante: true });
  });

  it("lists the tasks in the order they were added", async () => {
    const added = [await add("primeira"), await add("segunda"), await add("terceira")];
    const { status, body } = await bia.call("GET", "/api/tarefas");
    expect(status).toBe(200);
    expect(body.slice(-3)).toEqual(added);
  });

  it("changes the priority, also when the whole record is sent back as the course's page does", async () => {
    const task = await add("prioridade");
    const path = `/api/tarefas/update_priority/${task.uuid}`;
    const first = await bia.call("PUT", path, { importante: true });
    expect(first).toEqual({ status: 200, body: { ...task, importante: true, updatedAt: first.body.updatedAt } });
    const second = await bia.call("PUT", path, { ...first.body, importante: false });
    expect(second).toMatchObject({ status: 200, body: { titulo: "prioridade", importante: false } });
  });

  it("deletes a task", async () => {
    const { uuid } = await add("apagar");
    expect(await bia.call("DELETE", `/api/tarefas/${uuid}`)).toEqual({
      status: 200,
      body: { message: "Tarefa deletada com sucesso." },
    });
    expect((await bia.call("GET", `/api/tarefas/${uuid}`)).status).toBe(404);
  });

  it("answers ping, and its health with the database's state", async () => {
    expect(await bia.call("GET", "/api/ping")).toEqual({ status: 200, body: "Rota funcionando. Pong!" });
    const { status, body } = await bia.call("GET", "/api/saude");
    expect({ status, body }).toEqual({ status: 200, body: { versao: `Bia ${packageJson.version}`, banco: "ok" } });
  });

  it("lets pages of any origin call it", async () => {
    const headers = { Origin: "http://outra.exemplo", "Access-Control-Request-Method": "DELETE" };
    const preflight = await fetch(`${bia.url}/api/tarefas/${UNKNOWN}`, { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("DELETE");
  });
});

describe("the version", () => {
  it("is the package's, as plain text", async () => {
    const response = await fetch(`${bia.url}/api/versao`);
    expect(response.headers.get("content-type")).toMatch("text/plain");
    expect(await response.text()).toBe(`Bia ${packageJson.version}`);
  });

  it("is VERSAO_API where that is set, without a database", async () => {
    const other = await startBia({ VERSAO_API: "9.9.9", DB_PORT: "1" });
    expect(await (await fetch(`${other.url}/api/versao`)).text()).toBe("Bia 9.9.9");
    expect(await other.stop()).toBe(0);
  });
});

describe("bad input", () => {
  const post = (body: unknown) => ["POST", "/api/tarefas", body] as const;
  it.each([
    ["a missing titulo", ...post({ dia: "hoje" }), "O campo titulo é obrigatório."],
    ["a null titulo", ...post({ titulo: null }), "O campo titulo é obrigatório."],
    ["a blank titulo", ...post({ titulo: " \n" }), "O campo titulo é obrigatório."],
    ["a titulo of 256 characters", ...post({ titulo: "a".repeat(256) }), "O campo titulo aceita até 255 caracteres."],
    ["a number as titulo", ...post({ titulo: 7 }), "O campo titulo deve ser um texto."],
    ["an object as titulo", ...post({ titulo: { a: 1 } }), "O campo titulo deve ser um texto."],
    ["a NUL in titulo", ...post({ titulo: "a\0b" }), "O campo titulo não pode conter o caractere nulo."],
    ["a number as dia", ...post({ titulo: "a", dia: 1 }), "O campo dia deve ser um texto."],
    [
      "a dia of 256 characters",
      ...post({ titulo: "a", dia: "b".repeat(256) }),
      "O campo dia aceita até 255 caracteres.",
    ],
    [
      "a string as importante",
      ...post({ titulo: "a", importante: "true" }),
      "O campo importante deve ser true ou false.",
    ],
    ["a number as importante", ...post({ titulo: "a", importante: 1 }), "O campo importante deve ser true ou false."],
    ["a list as body", ...post([{ titulo: "a" }]), "O corpo deve ser um objeto JSON."],
    ["a body over 100 kB", ...post({ titulo: "a".repeat(102_400) }), "O corpo passa de 100 kB."],
    ["no body", ...post(undefined), "O campo titulo é obrigatório."],
    ["a malformed uuid to read", "GET", "/api/tarefas/123", undefined, "O uuid da tarefa é inválido."],
    ["a malformed uuid to delete", "DELETE", "/api/tarefas/123", undefined, "O uuid da tarefa é inválido."],
    [
      "a malformed uuid to change",
      "PUT",
      "/api/tarefas/update_priority/1",
      { importante: true },
      "O uuid da tarefa é inválido.",
    ],
    ["SQL as uuid", "GET", "/api/tarefas/'%20OR%201=1--", undefined, "O uuid da tarefa é inválido."],
    ["a broken escape in the path", "GET", "/api/tarefas/%E0%A4%A", undefined, "Pedido recusado: Bad Request."],
    ["no priority", "PUT", `/api/tarefas/update_priority/${UNKNOWN}`, {}, "O campo importante deve ser true ou false."],
  ])("refuses %s with 400 and says why", async (_what, method, path, body, message) => {
    expect(await bia.call(method, path, body)).toEqual({ status: 400, body: { message } });
    expect((await bia.call("GET", "/api/tarefas")).status).toBe(200);
  });

  it.each(["{", '{"titulo": }', "titulo"])("refuses %j, which is no JSON, with 400", async (body) => {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${bia.url}/api/tarefas`, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message: expect.stringMatching(/JSON/) });
  });

  it("refuses a body that is not announced as JSON with 400 and says how to", async () => {
    const response = await fetch(`${bia.url}/api/tarefas`, { method: "POST", body: '{"titulo":"a"}' });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message: "Envie um corpo JSON com Content-Type: application/json." });
  });

  it("takes 255 characters, counted as PostgreSQL counts them", async () => {
    const titulo = "🚀".repeat(255);
    expect((await add(titulo)).titulo).toBe(titulo);
  });

  it.each([
    ["GET", `/api/tarefas/${UNKNOWN}`, undefined],
    ["DELETE", `/api/tarefas/${UNKNOWN}`, undefined],
    ["PUT", `/api/tarefas/update_priority/${UNKNOWN}`, { importante: true }],
  ])("answers 404 to %s %s", async (method, path, body) => {
    expect(await bia.call(method, path, body)).toEqual({ status: 404, body: { message: "Tarefa não encontrada." } });
  });

  it.each(["/api/nada", "/nada", "/assets/nada.js"])("answers 404 in JSON for %s", async (path) => {
    expect(await bia.call("GET", path)).toEqual({ status: 404, body: { message: expect.any(String) } });
  });
});

describe("200 clients at once", () => {
  it("are all answered over at most 10 connections to the database", async () => {
    const observer = await connectTo(env);
    const open = "SELECT count(*)::int FROM pg_stat_activity WHERE datname = 'bia_api' AND application_name = 'bia'";
    const answers = Promise.all(Array.from({ length: 200 }, () => bia.call("GET", "/api/tarefas")));
    const [connections] = (await observer.query(open)).rows;
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
    const [afterwards] = (await observer.query(open)).rows;
    await observer.end();
    expect(Math.max(connections.count, afterwards.count)).toBeLessThanOrEqual(10);
    expect(afterwards.count).toBeGreaterThan(1);
  });
});

describe("the request log", () => {
  it("has one JSON line per request with the caller's request id, and neither body nor query", async () => {
    await fetch(`${bia.url}/api/tarefas?chave=segredo-1`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Request-Id": "pedido-42" },
      body: JSON.stringify({ titulo: "segredo-2" }),
    });
    await expect
      .poll(() => bia.log.find(({ requestId }) => requestId === "pedido-42"))
      .toEqual({
        time: expect.any(String),
        method: "POST",
        path: "/api/tarefas",
        status: 200,
        ms: expect.any(Number),
        requestId: "pedido-42",
      });
    expect(JSON.stringify(bia.log)).not.toMatch(/segredo/);
  });

  it("gives a request its own id when the caller's is none to put in a log", async () => {
    const response = await fetch(`${bia.url}/api/ping`, { headers: { "X-Request-Id": 'a" <b>' } });
    expect(response.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  });

  it("leaves stderr empty", () => {
    expect(bia.stderr()).toBe("");
  });
});
