import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type ConnectProxyOptions,
  type ConnectTarget,
  openConnectProxy,
  type Passed,
} from "../../../src/sandbox/plane/connect-proxy.ts";

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function target(id: string, answer: RequestListener = (_, response) => response.end(id)): Promise<ConnectTarget> {
  return { id, place: { host: "127.0.0.1", port: await listening(createServer(answer)) } };
}

const failing = (id: string) =>
  target(id, (_, response) => {
    response.statusCode = 500;
    response.end(id);
  });

async function proxyOf(targets: () => readonly ConnectTarget[], options: Partial<ConnectProxyOptions> = {}) {
  const proxy = await openConnectProxy({
    protocol: "http",
    targets,
    requestTimeout: () => 0,
    now: () => 0,
    note: () => {},
    ...options,
  });
  onTestFinished(() => proxy.close());
  const ask = async (init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${proxy.port}/path`, init);
    return `${answer.status} ${await answer.text()}`;
  };
  return { port: proxy.port, ask };
}

async function times(count: number, ask: () => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  for (let index = 0; index < count; index++) answers.push(await ask());
  return answers;
}

describe("the proxy of Service Connect", () => {
  it("leads requests to those who answer in turn, with what comes with them, and tells what went through", async () => {
    const echo = (id: string) => target(id, (asked, response) => asked.pipe(response));
    const [one, two] = [await echo("one"), await target("two")];
    const passed: Passed[] = [];
    const { ask } = await proxyOf(() => [one, two], { note: (told) => passed.push(told) });
    const init = { method: "POST", body: "hello" };
    expect(await times(4, () => ask(init))).toEqual(["200 hello", "200 two", "200 hello", "200 two"]);
    expect(passed.filter((told) => "status" in told)).toMatchObject([
      { status: 200, bytes: 10 },
      { status: 200, bytes: 8 },
      { status: 200, bytes: 10 },
      { status: 200, bytes: 8 },
    ]);
    expect(passed).toContainEqual({ connection: true });
  });

  it("tries two others where one does not take the connection, and says 503 where nobody does", async () => {
    const [refused, blocked]: ConnectTarget[] = [
      { id: "refused", place: "refused" },
      { id: "blocked", place: "blocked" },
    ] as const;
    const good = await target("good");
    const { ask } = await proxyOf(() => [refused, blocked, good].filter((one) => one !== undefined));
    expect(await times(3, ask)).toEqual(["200 good", "200 good", "200 good"]);
    const none = await proxyOf(() => []);
    expect(await none.ask()).toBe("503 no healthy upstream");
    const closed = await proxyOf(() => (blocked ? [blocked] : []));
    expect(await closed.ask()).toMatch(/^503 upstream connect error .* connection timeout$/);
  });

  it("says 504 where an answer takes too long, and gives up who asks by HTTP/1.0", async () => {
    const slow = await target("slow", () => {});
    const { ask, port } = await proxyOf(() => [slow], { requestTimeout: () => 50 });
    expect(await ask()).toBe("504 upstream request timeout");
    const socket = connect(port, "127.0.0.1").end("GET / HTTP/1.0\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 426 /);
  });

  it("leaves out for a while who fails five times in a row, longer each time, unless nobody else is there", async () => {
    let now = 0;
    const [good, bad] = [await target("good"), await failing("bad")];
    let there = [good, bad];
    const { ask } = await proxyOf(() => there, { now: () => now });
    const failures = async () => (await times(20, ask)).filter((answer) => answer.startsWith("500")).length;
    expect(await failures()).toBe(5);
    expect(await failures()).toBe(0);
    now = 30_000;
    expect(await failures()).toBe(5);
    now = 60_000;
    expect(await failures()).toBe(0);
    there = [bad];
    expect(await ask()).toBe("500 bad");
  });

  it("leads connections of any protocol where nothing is known of it", async () => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const place = { host: "127.0.0.1", port: await listening(server) };
    const { port } = await proxyOf(() => [{ id: "echo", place }], { protocol: "tcp" });
    const socket = connect(port, "127.0.0.1").end("hello");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe("hello");
  });
});
