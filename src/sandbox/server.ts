import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Endpoint, Outcome } from "./wire/endpoint.ts";
import type { HttpRequest } from "./wire/message.ts";

/** Nobody but this machine can connect. */
const LOOPBACK = "127.0.0.1";

/** Where the sandbox's own API begins; no AWS service has such a path. */
const CONTROL_PATH = "/_sandbox/";

/** Idle connections are kept for longer than SDK clients keep theirs, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 75_000;

/** The largest request that AWS's APIs for this project's services take is far smaller. */
const LARGEST_BODY = 16 * 1024 * 1024;

/** Answers one path of the sandbox's own API. */
export type Control = (body: unknown) => unknown;

/** What a server serves. */
export interface ServerOptions {
  readonly endpoint: Endpoint;
  /** 0: any free one. */
  readonly port: number;
  /** Needed to use the controls; not to ask for health. */
  readonly secret: string;
  /** What `GET /_sandbox/health` answers, to anybody. */
  readonly health: () => object;
  /** By name: `POST /_sandbox/<name>` with a JSON body, or `GET`. */
  readonly controls: Readonly<Record<string, Control>>;
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts to listen on the loopback interface.
 *
 * @throws Error of node:net, `EADDRINUSE` if the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer((request, response) => {
    serve(request, response, options).catch((error) => {
      // A client that hung up is no news; anything else is a defect, and worth a line in the log.
      if (!request.destroyed) console.error(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, LOOPBACK, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return send(response, 413, { "content-type": "text/plain" }, "The request is too large.");
  const message = httpRequest(request, body);
  if (message.path.startsWith(CONTROL_PATH)) return control(message, response, options);
  deliver(response, await options.endpoint.handle(message));
}

function deliver(response: ServerResponse, { fate, reply }: Outcome): void {
  if (fate === "drop") response.destroy();
  if (fate === "respond") send(response, reply.status, reply.headers, reply.body);
}

/** Undefined: it is too large. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function httpRequest(request: IncomingMessage, body: Uint8Array): HttpRequest {
  const { pathname: path, search } = splitUrl(request.url ?? "/");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return { method: request.method ?? "GET", path, query: new URLSearchParams(search), headers, body };
}

/** Without `new URL`, which would tidy up the path that was signed. */
function splitUrl(url: string): { pathname: string; search: string } {
  const mark = url.indexOf("?");
  return mark < 0 ? { pathname: url, search: "" } : { pathname: url.slice(0, mark), search: url.slice(mark + 1) };
}

async function control(request: HttpRequest, response: ServerResponse, options: ServerOptions): Promise<void> {
  const name = request.path.slice(CONTROL_PATH.length);
  if (name === "health") return sendJson(response, 200, options.health());
  if (!isAuthorized(request, options.secret)) return sendJson(response, 403, { error: "This needs the secret key." });
  const action = Object.hasOwn(options.controls, name) ? options.controls[name] : undefined;
  if (!action) return sendJson(response, 404, { error: `There is no control ${name}.` });
  try {
    const body = request.body.length > 0 ? JSON.parse(Buffer.from(request.body).toString("utf8")) : {};
    sendJson(response, 200, (await action(body)) ?? {});
  } catch (error) {
    sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function isAuthorized(request: HttpRequest, secret: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const expected = Buffer.from(`Bearer ${secret}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, { "content-type": "application/json" }, JSON.stringify(body));
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
