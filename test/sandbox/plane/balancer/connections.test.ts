import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import type { Place } from "../../../../src/sandbox/plane/balancer.ts";
import { accessLogForTest, balancerForTest, groupConfig, listenerConfig, serve, target } from "./fixtures.ts";

/** A target that says again what it is told over WebSocket, without its frames. */
async function webSocketTarget(): Promise<Place> {
  const server = createServer((_, response) => response.end("plain"));
  server.on("upgrade", ({ headers }, socket) => {
    const key = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    socket.write(`${head.join("\r\n")}\r\nSec-WebSocket-Accept: ${key.digest("base64")}\r\n\r\n`);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

function upgrade(url: string, to = "websocket") {
  const headers = {
    connection: "Upgrade",
    upgrade: to,
    "sec-websocket-key": "x".repeat(22),
    "sec-websocket-version": "13",
  };
  return request(url, { headers, agent: false }).end();
}

/** All that comes back for raw bytes until the connection ends. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1").on("data", (chunk) => {
      answer += chunk;
    });
    socket.once("end", () => resolve(answer)).once("error", reject);
    onTestFinished(() => void socket.destroy());
  });
}

test("WebSocket goes through, is logged, and ends when nothing is said", async () => {
  const balancer = await balancerForTest();
  const { accessLog, logged } = await accessLogForTest();
  const listener = listenerConfig({ idleTimeout: 500, accessLog });
  const url = await serve(balancer, { listeners: [listener], groups: [groupConfig([await webSocketTarget()])] });
  const asking = upgrade(url);
  const [answer, socket] = await new Promise<[IncomingMessage, Duplex]>((resolve, reject) => {
    asking.once("upgrade", (response, connection) => resolve([response, connection])).once("error", reject);
  });
  expect(answer.statusCode).toBe(101);
  const echoed = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
  socket.write("hello");
  expect(await echoed).toBe("hello");
  await new Promise((resolve) => socket.once("close", resolve).resume());
  await expect.poll(logged).toMatch(/^ws \S+ app\/bia\/1234 \S+ 172\.31\.0\.0:80 \S+ \S+ \S+ 101 101 /);
});

test("an upgrade that finds no target gets the page that others get", async () => {
  const balancer = await balancerForTest();
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([])] });
  const status = await new Promise((resolve, reject) => {
    upgrade(url)
      .once("response", (response) => resolve(response.statusCode))
      .once("error", reject);
  });
  expect(status).toBe(503);
});

test("who asks for another protocol than WebSocket is served in HTTP/1.1", async () => {
  const balancer = await balancerForTest();
  const place = await target(({ headers }, response) => void response.end(String(headers.upgrade)));
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([place])] });
  const answer = await raw(
    url,
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(answer).toMatch(/undefined$/);
});

test("a connection is kept for many requests, and ends when it is silent for the idle timeout", async () => {
  const balancer = await balancerForTest();
  const place = await target((_, response) => void response.writeHead(200, { connection: "close" }).end("ok"));
  const listener = listenerConfig({ idleTimeout: 1000 });
  const url = await serve(balancer, { listeners: [listener], groups: [groupConfig([place])] });
  const answer = await raw(url, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(answer.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
});

test("a target may answer before it has read all of a body, and the client's connection goes on", async () => {
  const balancer = await balancerForTest();
  const place = await target(({ method }, response) => void response.writeHead(method === "POST" ? 413 : 200).end());
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([place])] });
  const length = 4_000_000;
  const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`;
  const answers = await raw(url, `${post}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
});

test("what is said in bulk goes through whole, at the pace of whoever reads it", async () => {
  const balancer = await balancerForTest();
  const place = await target((request, response) => void request.pipe(response));
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([place])] });
  const body = Buffer.alloc(20_000_000, "0123456789");
  const answer = await fetch(url, { method: "POST", body });
  expect(body.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
});

test("what is no request is 400, TRACE is 405", async () => {
  const balancer = await balancerForTest();
  const place = await target((_, response) => void response.end("ok"));
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([place])] });
  const bad = await raw(url, "GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n");
  expect(bad).toMatch(/^HTTP\/1.1 400 Bad Request\r\nServer: awselb\/2.0\r\n/);
  expect(await raw(url, "TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1.1 405 /);
});

test("each request is a line of the access log, in a file of its day", async () => {
  const balancer = await balancerForTest();
  const { accessLog, logged } = await accessLogForTest();
  const place = await target((_, response) => void response.writeHead(201).end("made"));
  const listener = listenerConfig({ accessLog });
  const url = await serve(balancer, { listeners: [listener], groups: [groupConfig([place])] });
  const headers = { "user-agent": 'a "browser"', connection: "close" };
  await fetch(`${url}/tarefas?a=b`, { method: "POST", body: "x", headers });
  await expect.poll(logged).not.toBe("");
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
  const line = [
    `http ${time} app/bia/1234 127\\.0\\.0\\.1:\\d+ 172\\.31\\.0\\.0:80`,
    String.raw`\d+\.\d{3} \d+\.\d{3} \d+\.\d{3} 201 201 \d{2,} \d{2,}`,
    String.raw`"POST http://127\.0\.0\.1:80/tarefas\?a=b HTTP/1\.1" "a \\"browser\\""`,
    `- - group "Root=1-[0-9a-f-]+" "-" "-" 0 ${time} "forward" "-" "-"`,
    String.raw`"172\.31\.0\.0:80" "201" "-" "-" -`,
  ];
  expect(await logged()).toMatch(new RegExp(`^${line.join(" ")}\n$`));
});

test("a client that goes away takes its request from the target, and is logged as 460", async () => {
  const balancer = await balancerForTest();
  let [arrive, leave] = [() => {}, () => {}];
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const place = await target((request) => {
    arrive();
    request.once("close", leave);
  });
  const { accessLog, logged } = await accessLogForTest();
  const url = await serve(balancer, { listeners: [listenerConfig({ accessLog })], groups: [groupConfig([place])] });
  const asking = request(url, { agent: false }).end();
  asking.once("error", () => {});
  await arrived;
  asking.destroy();
  await left;
  await expect.poll(logged).toMatch(/ 172\.31\.0\.0:80 \S+ -1 -1 460 - /);
});

test("the head of an answer does not wait for its body", async () => {
  const balancer = await balancerForTest();
  let sendBody = () => {};
  const place = await target((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    sendBody = () => void response.end("data: 1\n\n");
  });
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([place])] });
  const answer = await fetch(url);
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  sendBody();
  expect(await answer.text()).toBe("data: 1\n\n");
});
