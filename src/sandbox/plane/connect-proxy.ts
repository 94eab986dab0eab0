import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { http2Proxy } from "./connect-proxy/http2.ts";
import type { ConnectProxyOptions } from "./connect-proxy/options.ts";
import { Outliers } from "./connect-proxy/outliers.ts";
import { reach, UPSTREAM } from "./connect-proxy/reach.ts";
import { type Listening, listen } from "./listen.ts";

/**
 * The proxy that stands in a task for one endpoint of Service Connect: it leads to those who answer, in turn, leaves out for a while
 * who fails again and again, and answers itself, in Envoy's words, where nobody does.
 */
export function openConnectProxy(options: ConnectProxyOptions): Promise<Listening> {
  const rota = new Outliers(options.now);
  const server = PROXIES[options.protocol](options, rota);
  // Who may use it is in the address that only the containers of its task are given.
  return listen(server, { port: 0, isPublic: true });
}

const PROXIES = { http: httpProxy, http2: http2Proxy, tcp: tcpProxy } as const;

function httpProxy(options: ConnectProxyOptions, rota: Outliers): Server {
  const server = createServer((asked, answer) => {
    // HTTP/1.0 is not supported. (Developer Guide, "Service Connect considerations")
    if (asked.httpVersion === "1.0") return say(answer, 426, "Upgrade Required");
    void pass(asked, answer, options, rota).catch(() => answer.destroy());
  });
  server.keepAliveTimeout = 0;
  server.on("connection", () => options.note({ connection: true }));
  return server;
}

async function pass(
  asked: IncomingMessage,
  answer: ServerResponse,
  options: ConnectProxyOptions,
  rota: Outliers,
): Promise<void> {
  const reached = await reach(options.targets(), rota);
  if (typeof reached === "string") return say(answer, 503, reached);
  const { id, socket } = reached;
  const started = performance.now();
  const { method, url: path, headers } = asked;
  const forward = request({ method, path, headers, createConnection: () => socket });
  let sent = 0;
  asked.on("data", (chunk: Buffer) => {
    sent += chunk.length;
  });
  asked.pipe(forward);
  const limit = options.requestTimeout();
  if (limit > 0) forward.setTimeout(limit, () => forward.destroy(new Error("timeout")));
  answer.on("close", () => forward.destroy());
  await new Promise<void>((done) => {
    forward.on("error", (error) => {
      rota.failed(id);
      if (answer.headersSent) answer.destroy();
      else if (error.message === "timeout") say(answer, 504, "upstream request timeout");
      else say(answer, 503, `${UPSTREAM} connection termination`);
      done();
    });
    forward.on("response", (response) => {
      const { statusCode: status = 502 } = response;
      const seconds = (performance.now() - started) / 1000;
      if (status >= 500) rota.failed(id);
      else rota.answered(id);
      let received = 0;
      response.on("data", (chunk: Buffer) => {
        received += chunk.length;
      });
      response.on("end", () => options.note({ status, seconds, bytes: sent + received }));
      response.on("close", done);
      answer.writeHead(status, { ...withoutHops(response.headers), server: "envoy" });
      response.pipe(answer);
    });
  });
}

function tcpProxy(options: ConnectProxyOptions, rota: Outliers) {
  return createTcpServer({ allowHalfOpen: true, pauseOnConnect: true }, (caller) => {
    options.note({ connection: true });
    void reach(options.targets(), rota).then((reached) => {
      if (typeof reached === "string" || caller.destroyed) {
        caller.destroy();
        return;
      }
      rota.answered(reached.id);
      reached.socket.on("error", () => caller.destroy());
      caller.on("close", () => reached.socket.destroy());
      caller.pipe(reached.socket).pipe(caller);
      caller.resume();
    });
  });
}

function say(answer: ServerResponse, status: number, words: string): void {
  answer.writeHead(status, { "content-type": "text/plain", server: "envoy" });
  answer.end(words);
}

/** Of one connection only, and no business of the next one. (RFC 9110, "Connection") */
function withoutHops(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...rest } = headers;
  return rest;
}
