import {
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { ConnectProxyOptions } from "./options.ts";
import type { Outliers } from "./outliers.ts";
import { reach, UPSTREAM } from "./reach.ts";

/** A proxy for HTTP/2 without TLS, which is what gRPC speaks. Who begins with HTTP/1.1 is not understood. */
export function http2Proxy(options: ConnectProxyOptions, rota: Outliers): Http2Server {
  const server = createServer();
  server.on("session", (session) => {
    session.on("error", () => session.destroy());
    options.note({ connection: true });
  });
  server.on("stream", (asked, headers) => {
    asked.on("error", () => asked.destroy());
    void pass(asked, headers, options, rota).catch(() => asked.destroy());
  });
  return server;
}

async function pass(
  asked: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: ConnectProxyOptions,
  rota: Outliers,
): Promise<void> {
  const reached = await reach(options.targets(), rota);
  if (typeof reached === "string") return say(asked, headers, 503, reached);
  const { id, socket } = reached;
  const session = connect("http://upstream", { createConnection: () => socket });
  const failed = (status: number, words: string) => {
    // Who has gone by then has cut it off.
    if (asked.closed) return;
    rota.failed(id);
    session.destroy();
    if (asked.headersSent) asked.destroy();
    else say(asked, headers, status, words);
  };
  session.on("error", () => failed(503, `${UPSTREAM} connection termination`));
  asked.on("close", () => session.destroy());
  const forward = session.request(headers, { endStream: false });
  forward.on("error", () => failed(503, `${UPSTREAM} connection termination`));
  const limit = options.requestTimeout();
  if (limit > 0) forward.setTimeout(limit, () => failed(504, "upstream request timeout"));
  const sent = bytesOf(asked);
  asked.pipe(forward);
  lead(forward, asked, ({ status, ...told }) => {
    if (status >= 500) rota.failed(id);
    else rota.answered(id);
    options.note({ status, ...told, bytes: sent() + told.bytes });
  });
}

/** Gives the answer to the one who asked, with what follows its body: gRPC's status is there. */
function lead(
  forward: ClientHttp2Stream,
  asked: ServerHttp2Stream,
  note: (told: { status: number; seconds: number; bytes: number }) => void,
): void {
  const started = performance.now();
  let trailers: IncomingHttpHeaders = {};
  forward.on("trailers", (sent) => {
    trailers = sent;
  });
  forward.on("response", (headers) => {
    if (asked.destroyed) return;
    const seconds = (performance.now() - started) / 1000;
    const received = bytesOf(forward);
    forward.on("end", () => note({ status: headers[":status"] ?? 502, seconds, bytes: received() }));
    asked.respond({ ...headers, server: "envoy" }, { waitForTrailers: true });
    asked.on("wantTrailers", () => asked.sendTrailers(trailers));
    forward.pipe(asked);
  });
}

/** Bytes of a body so far. */
function bytesOf(stream: ServerHttp2Stream | ClientHttp2Stream): () => number {
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  return () => bytes;
}

/** Of gRPC's codes, what Envoy makes of 503 and 504: UNAVAILABLE. ("HTTP to gRPC Status Code Mapping") */
const UNAVAILABLE = "14";

function say(asked: ServerHttp2Stream, headers: IncomingHttpHeaders, status: number, words: string): void {
  if (asked.destroyed || asked.headersSent) return;
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/grpc")) {
    const told = { "grpc-status": UNAVAILABLE, "grpc-message": encodeURI(words) };
    asked.respond({ ":status": 200, "content-type": type, server: "envoy", ...told }, { endStream: true });
    return;
  }
  asked.respond({ ":status": status, "content-type": "text/plain", server: "envoy" });
  asked.end(words);
}
