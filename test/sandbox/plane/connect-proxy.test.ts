import { createServer, type RequestListener } from "node:http";
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ConnectProxyOptions, Passed } from "../../../src/sandbox/plane/connect-proxy/options.ts";
import type { ConnectTarget } from "../../../src/sandbox/plane/connect-proxy/reach.ts";
import { openConnectProxy } from "../../../src/sandbox/plane/connect-proxy.ts";

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

  describe("over HTTP/2", () => {
    /** Somebody who answers each request with its own body, and a status after it as gRPC does. */
    async function echo(id: string): Promise<ConnectTarget> {
      const server = createHttp2Server();
      server.on("stream", (stream) => {
        stream.respond({ ":status": 200, "content-type": "application/grpc", "x-id": id }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.pipe(stream);
      });
      return { id, place: { host: "127.0.0.1", port: await listening(server) } };
    }

    /** One request on a connection of its own. */
    async function askOver(port: number, body: string, more: OutgoingHttpHeaders = {}) {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      onTestFinished(() => session.destroy());
      const stream = session.request({ ":method": "POST", ":path": "/shop.Carts/Get", ...more });
      const told: IncomingHttpHeaders[] = [];
      stream.on("response", (headers) => told.push(headers));
      stream.on("trailers", (trailers) => told.push(trailers));
      stream.end(body);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const [headers = {}, trailers = {}] = told;
      return {
        status: headers[":status"],
        id: headers["x-id"],
        headers,
        trailers,
        body: Buffer.concat(chunks).toString(),
      };
    }

    it("leads requests to those who answer in turn, with what follows the answer, and tells what went through", async () => {
      const [one, two] = [await echo("one"), await echo("two")];
      const passed: Passed[] = [];
      const { port } = await proxyOf(() => [one, two], { protocol: "http2", note: (told) => passed.push(told) });
      const first = await askOver(port, "hello");
      expect(first).toMatchObject({ status: 200, id: "one", body: "hello", trailers: { "grpc-status": "0" } });
      expect(first.headers.server).toBe("envoy");
      expect(await askOver(port, "x".repeat(200_000))).toMatchObject({ id: "two", body: "x".repeat(200_000) });
      expect(passed.filter((told) => "status" in told)).toMatchObject([
        { status: 200, bytes: 10 },
        { status: 200, bytes: 400_000 },
      ]);
    });

    it("answers 503 where nobody does, 504 where it takes too long, and to gRPC that it is unavailable", async () => {
      const none = await proxyOf(() => [], { protocol: "http2" });
      expect(await askOver(none.port, "")).toMatchObject({ status: 503, body: "no healthy upstream" });
      expect(await askOver(none.port, "", { "content-type": "application/grpc" })).toMatchObject({
        status: 200,
        headers: { "grpc-status": "14", "grpc-message": "no%20healthy%20upstream" },
      });
      const silent: ConnectTarget = {
        id: "silent",
        place: { host: "127.0.0.1", port: await listening(createHttp2Server()) },
      };
      const { port } = await proxyOf(() => [silent], { protocol: "http2", requestTimeout: () => 50 });
      expect(await askOver(port, "")).toMatchObject({ status: 504, body: "upstream request timeout" });
    });

    it("answers 503 where somebody speaks another protocol", async () => {
      const other = await target("HTTP/1.1");
      const { port } = await proxyOf(() => [other], { protocol: "http2" });
      expect(await askOver(port, "")).toMatchObject({ status: 503 });
    });
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
