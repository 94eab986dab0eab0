import { Agent, request } from "node:http";
import { describe, expect, inject, it } from "vitest";
import { type Bia, connectTo, newDatabase, startBia } from "./support/bia.ts";

interface Answer {
  status?: number | undefined;
  /** Node's code of the failure, such as ECONNREFUSED. */
  error?: string | undefined;
}

/** Posts a task over the agent's connections; never rejects. */
function post(url: string, agent: Agent, titulo: string): Promise<Answer> {
  return new Promise((done) => {
    const headers = { "Content-Type": "application/json" };
    const outgoing = request(`${url}/api/tarefas`, { method: "POST", agent, headers }, (incoming) => {
      incoming.resume();
      incoming.once("end", () => done({ status: incoming.statusCode }));
      incoming.once("error", (error: NodeJS.ErrnoException) => done({ error: error.code }));
    });
    outgoing.once("error", (error: NodeJS.ErrnoException) => done({ error: error.code }));
    outgoing.end(JSON.stringify({ titulo }));
  });
}

async function titlesIn(env: Record<string, string>): Promise<string[]> {
  const client = await connectTo(env);
  const { rows } = await client.query('SELECT titulo FROM "Tarefas"');
  await client.end();
  return rows.map(({ titulo }) => titulo);
}

/** `clients` loops that post until the server no longer takes a connection. */
async function loadUntilGone(bia: Bia, clients: number, agent: Agent) {
  const answered: string[] = [];
  const errors: Answer[] = [];
  const loop = async (client: number) => {
    for (let turn = 0; ; turn++) {
      const titulo = `${client}/${turn}`;
      const answer = await post(bia.url, agent, titulo);
      if (answer.status === 200) answered.push(titulo);
      else errors.push(answer);
      if (answer.error) return;
    }
  };
  const done = Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  return { answered, errors, done };
}

describe("SIGTERM", () => {
  it("under load loses no request of an open connection, and ends with 0", async () => {
    const env = await newDatabase(inject("postgres"), "bia_carga");
    const bia = await startBia(env);
    const load = await loadUntilGone(bia, 50, new Agent({ keepAlive: true }));
    await expect.poll(() => load.answered.length).toBeGreaterThan(500);

    expect(await bia.stop("SIGTERM")).toBe(0);
    await load.done;
    // Every client ended at a connection that was refused: none was cut with its request on the way.
    expect(load.errors).toEqual(Array.from({ length: 50 }, () => ({ error: "ECONNREFUSED" })));
    expect((await titlesIn(env)).sort()).toEqual(load.answered.sort());
    expect(bia.log.at(-1)).toMatchObject({ message: "encerrada", interrupted: 0 });
    expect(bia.stderr()).toBe("");
  });

  it("answers whatever it began, when every request brings a connection of its own", async () => {
    const env = await newDatabase(inject("postgres"), "bia_conexoes");
    const bia = await startBia(env);
    const load = await loadUntilGone(bia, 20, new Agent({ keepAlive: false }));
    await expect.poll(() => load.answered.length).toBeGreaterThan(200);

    expect(await bia.stop("SIGTERM")).toBe(0);
    await load.done;
    expect((await titlesIn(env)).sort()).toEqual(load.answered.sort());
    expect(bia.log.at(-1)).toMatchObject({ message: "encerrada", interrupted: 0 });
  });

  it("waits for a request that the database holds up, while new connections are refused", async () => {
    const env = await newDatabase(inject("postgres"), "bia_lenta");
    const bia = await startBia(env);
    const locker = await connectTo(env);
    await locker.query('BEGIN; LOCK TABLE "Tarefas" IN ACCESS EXCLUSIVE MODE');
    const slow = post(bia.url, new Agent({ keepAlive: true }), "demorada");
    const waiting =
      "SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    await expect.poll(async () => (await locker.query(waiting)).rowCount).toBe(1);

    const exit = bia.stop("SIGTERM");
    const newConnection = () => fetch(`${bia.url}/api/ping`).then(String, (error) => error.cause.code);
    await expect.poll(newConnection).toBe("ECONNREFUSED");
    await locker.query("COMMIT");
    await locker.end();
    expect(await slow).toEqual({ status: 200 });
    expect(await exit).toBe(0);
  });

  it("ends an app without a database too", async () => {
    const bia = await startBia({ DB_PORT: "1" });
    expect(await bia.stop("SIGTERM")).toBe(0);
  });
});
