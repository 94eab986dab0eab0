import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What is told of the client's connection. */
export interface Client {
  readonly address: string;
  readonly protocol: "http" | "https";
  /** The listener's own port. */
  readonly port: number;
}

/** What concerns one connection only. (RFC 9110, 7.6.1) */
const OF_CONNECTION = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/** What a target does not get as the client has said it; `expect` has been answered. */
const NOT_FORWARDED = new Set([
  ...OF_CONNECTION,
  "expect",
  "te",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-amzn-trace-id",
]);

const NOT_RETURNED = new Set(OF_CONNECTION);

/** Names and values in turn. */
type RawHeaders = string[];

/**
 * The headers that a target gets with a request. ("HTTP headers and Application Load Balancers")
 *
 * @param trace the request's, from `traceOf`
 */
export function forwardedHeaders({ rawHeaders, headers }: IncomingMessage, client: Client, trace: string): RawHeaders {
  const { address, protocol, port } = client;
  const forwarded = without(NOT_FORWARDED, rawHeaders);
  const authority = headers[":authority"];
  if (typeof authority === "string" && headers.host === undefined) forwarded.push("host", authority);
  const before = headers["x-forwarded-for"];
  forwarded.push("X-Forwarded-For", before ? `${before}, ${address}` : address);
  forwarded.push("X-Forwarded-Proto", protocol, "X-Forwarded-Port", `${port}`, "X-Amzn-Trace-Id", trace);
  return forwarded;
}

/** ("Request tracing for your Application Load Balancer": `Root` stays, `Self` is the load balancer's.) */
export function traceOf({ headers }: IncomingMessage): string {
  const fields = String(headers["x-amzn-trace-id"] ?? "")
    .split(";")
    .filter((field) => field !== "" && !field.startsWith("Self="));
  if (!fields.some((field) => field.startsWith("Root="))) return [`Root=${newTrace()}`, ...fields].join(";");
  return [`Self=${newTrace()}`, ...fields].join(";");
}

function newTrace(): string {
  return `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomHex()}`;
}

/** Bytes of the random part of a trace. */
const RANDOM_BYTES = 12;

let random = "";

/** Random bytes are asked for in bulk: alone, each request's are a call of the system. */
function randomHex(): string {
  if (random === "") random = randomBytes(RANDOM_BYTES * 256).toString("hex");
  const one = random.slice(-2 * RANDOM_BYTES);
  random = random.slice(0, -2 * RANDOM_BYTES);
  return one;
}

/** Begins the answer to a client with the head of a target's. */
export function returnHead(response: ServerResponse, status: number, message: string, raw: RawHeaders): void {
  const headers = without(NOT_RETURNED, raw);
  if (response.req.httpVersionMajor === 1) response.writeHead(status, message, headers);
  else response.writeHead(status, byName(headers));
}

function without(left: ReadonlySet<string>, raw: RawHeaders): RawHeaders {
  const kept: RawHeaders = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    // Those of HTTP/2 with a colon are no headers in HTTP/1.
    if (name[0] !== ":" && !left.has(name.toLowerCase())) kept.push(name, raw[at + 1] as string);
  }
  return kept;
}

/** What HTTP/2 takes: one value a name, or several. */
function byName(raw: RawHeaders): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    headers[name] = [...(headers[name] ?? []), raw[at + 1] as string];
  }
  return headers;
}
