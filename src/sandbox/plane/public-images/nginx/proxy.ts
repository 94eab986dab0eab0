import { type IncomingMessage, request as plain } from "node:http";
import { request as overTls } from "node:https";
import type { Socket } from "node:net";
import { type Context, millisecondsOf, nearest, setting } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { expand } from "./variables.ts";

/** Headers that are between a client and a server, not passed on. */
const OF_THE_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "host",
]);

/** How often each upstream was asked, so that its servers are asked in turn. */
const asked = new Map<string, number>();

/** What a server behind has answered. */
export interface Passed {
  readonly response: IncomingMessage;
  /** The connection, where both sides go on in another protocol; `head` is the first of it. */
  readonly socket?: Socket;
  readonly head?: Buffer;
}

/** No server behind has answered. */
export class PassingFailed extends Error {
  readonly status: 502 | 504;

  constructor(why: string, status: 502 | 504) {
    super(why);
    this.status = status;
  }
}

/** Asks a server behind, and the others of its `upstream` where nothing is lost by it. @throws PassingFailed */
export function passOn(exchange: Exchange, context: Context, url: string, signal: AbortSignal): Promise<Passed> {
  const { protocol, host, pathname, search } = new URL(url);
  const servers = exchange.configuration.upstreams.get(host);
  const { headers } = exchange.message;
  const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  const attempt = async (left: number): Promise<Passed> => {
    const target = { protocol, place: next(host, servers), host, path: pathname + search };
    try {
      return await once(exchange, context, target, signal);
    } catch (error) {
      if (left <= 1 || hasBody || signal.aborted) throw error;
      return attempt(left - 1);
    }
  };
  return attempt(servers?.length ?? 1);
}

function next(host: string, servers: readonly string[] | undefined): string {
  if (!servers) return host;
  const turn = asked.get(host) ?? 0;
  asked.set(host, turn + 1);
  return servers[turn % servers.length] ?? host;
}

interface Target {
  readonly protocol: string;
  /** `host:port` of the server. */
  readonly place: string;
  /** As `proxy_pass` has it. */
  readonly host: string;
  readonly path: string;
}

function once(exchange: Exchange, context: Context, target: Target, signal: AbortSignal): Promise<Passed> {
  const { message } = exchange;
  const { hostname, port } = new URL(`http://${target.place}`);
  const isTls = target.protocol === "https:";
  const headers = headersFor(exchange, context, target.host);
  return new Promise((done, fail) => {
    const request = (isTls ? overTls : plain)({
      hostname,
      port: port || (isTls ? 443 : 80),
      path: target.path,
      method: message.method,
      headers,
      setHost: false,
      agent: false,
      signal,
      ...(isTls && { servername: hostname, rejectUnauthorized: setting(context, "proxy_ssl_verify")?.[0] === "on" }),
    });
    const limit = millisecondsOf(setting(context, "proxy_read_timeout")?.[0] ?? "60s");
    request.setTimeout(limit, () => request.destroy(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })));
    request.once("response", (response) => done({ response }));
    request.once("upgrade", (response, socket, head) => done({ response, socket, head }));
    request.once("error", (error: NodeJS.ErrnoException) => {
      fail(new PassingFailed(wordsFor(error, exchange, target), error.code === "ETIMEDOUT" ? 504 : 502));
    });
    if (headers.upgrade !== undefined) request.end();
    else message.pipe(request);
  });
}

/** As nginx logs it. */
function wordsFor(
  error: NodeJS.ErrnoException,
  { message, site }: Exchange,
  { protocol, place, path }: Target,
): string {
  const what =
    error.code === "ECONNREFUSED"
      ? "connect() failed (111: Connection refused) while connecting to upstream"
      : error.code === "ETIMEDOUT"
        ? "upstream timed out (110: Connection timed out) while reading response header from upstream"
        : error.code === "ENOTFOUND"
          ? `${place} could not be resolved (3: Host not found)`
          : "upstream prematurely closed connection while reading response header from upstream";
  const server = site.names[0] ?? "";
  const request = `"${message.method} ${message.url} HTTP/${message.httpVersion}"`;
  return `${what}, client: ${message.socket.remoteAddress}, server: ${server}, request: ${request}, upstream: "${protocol}//${place}${path}"`;
}

/** (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header) A header without a value is not passed. */
function headersFor(exchange: Exchange, context: Context, host: string): Record<string, string | string[]> {
  const { headers } = exchange.message;
  const passed: Record<string, string | string[]> = {};
  if (setting(context, "proxy_pass_request_headers")?.[0] !== "off") {
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined && !OF_THE_CONNECTION.has(name)) passed[name] = value;
    }
  }
  passed.host = host;
  passed.connection = "close";
  for (const { args } of nearest(context, "proxy_set_header")) {
    const name = (args[0] ?? "").toLowerCase();
    const value = expand((args[1] ?? "").replaceAll("$proxy_host", host), exchange, context);
    if (value === "") delete passed[name];
    else passed[name] = value;
  }
  if (passed.upgrade === undefined) passed.connection = "close";
  return passed;
}
