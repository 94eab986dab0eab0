import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isSecret, listen } from "./plane/listen.ts";
import { whyNotHere } from "./same-computer.ts";
import type { Endpoint, Outcome } from "./wire/endpoint.ts";
import type { HttpRequest } from "./wire/message.ts";

/** Where the sandbox's own API begins; no AWS service has such a path. */
const CONTROL_PATH = "/_sandbox/";

/** Idle connections are kept for longer than SDK clients keep theirs, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 75_000;

/** The largest request that AWS's APIs for this project's services take is far smaller. */
const LARGEST_BODY = 16 * 1024 * 1024;

/** What is read of a request that names no key of ours: enough to refuse it in the words of the API that it is for. */
const LARGEST_OF_STRANGERS = 64 * 1024;

/** A request from this computer arrives within moments; whoever takes longer only keeps a connection busy. */
const ARRIVES_WITHIN_MS = 20_000;

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
  /** Takes over a connection that shall speak another protocol; it calls `admit` once the caller has shown a token. */
  readonly upgrade: (request: IncomingMessage, socket: Socket, head: Buffer, admit: () => void) => void;
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
  const timeouts = { headersTimeout: ARRIVES_WITHIN_MS, requestTimeout: ARRIVES_WITHIN_MS };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 2_000 }, (request, response) => {
    serve(request, response, options, () => listening.admit(request.socket)).catch((error) => {
      // A client that hung up is no news; anything else is a defect, and worth a line in the log.
      if (!request.destroyed) console.error(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("upgrade", (request, socket: Socket, head) => {
    if (whyNotHere(request.headers) === undefined)
      options.upgrade(request, socket, head, () => listening.admit(socket));
    else socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
  });
  const listening = await listen(server, { port: options.port });
  return { port: listening.port, close: () => listening.close() };
}

/** `admit` is called once the caller has shown that it has the key. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  admit: () => void,
): Promise<void> {
  const stranger = whyNotHere(request.headers);
  if (stranger !== undefined) return turnAway(response, 403, stranger);
  const body = await readBody(request, namesKey(request, options) ? LARGEST_BODY : LARGEST_OF_STRANGERS);
  if (body === undefined) return turnAway(response, 413, "The request is too large.");
  const message = httpRequest(request, body);
  if (message.path.startsWith(CONTROL_PATH)) return control(message, response, options, admit);
  deliver(response, await options.endpoint.handle(message, admit));
}

/** Says why, and hangs up: what else is sent is not read. */
function turnAway(response: ServerResponse, status: number, why: string): void {
  response.shouldKeepAlive = false;
  send(response, status, { "content-type": "text/plain" }, `${why}\n`);
}

/** Whether a request says that it comes from somebody who has a key of ours; whether it does is seen when it is read. */
function namesKey({ headers }: IncomingMessage, { endpoint, secret }: ServerOptions): boolean {
  return endpoint.knows(headers.authorization ?? "") || isSecret(headers.authorization ?? "", `Bearer ${secret}`);
}

function deliver(response: ServerResponse, { fate, reply }: Outcome): void {
  if (fate === "drop") response.destroy();
  if (fate === "respond") send(response, reply.status, reply.headers, reply.body);
}

/** Undefined: it is too large. */
async function readBody(request: IncomingMessage, largest: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) return undefined;
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

async function control(
  request: HttpRequest,
  response: ServerResponse,
  options: ServerOptions,
  admit: () => void,
): Promise<void> {
  const name = request.path.slice(CONTROL_PATH.length);
  if (name === "health") return sendJson(response, 200, options.health());
  if (!isSecret(request.headers.authorization ?? "", `Bearer ${options.secret}`))
    return sendJson(response, 403, { error: "This needs the secret key." });
  admit();
  const action = Object.hasOwn(options.controls, name) ? options.controls[name] : undefined;
  if (!action) return sendJson(response, 404, { error: `There is no control ${name}.` });
  try {
    const body = request.body.length > 0 ? JSON.parse(Buffer.from(request.body).toString("utf8")) : {};
    sendJson(response, 200, (await action(body)) ?? {});
  } catch (error) {
    sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
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
