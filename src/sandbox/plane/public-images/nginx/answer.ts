import { createReadStream } from "node:fs";
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { onThisComputer } from "../../packages/programs/files.ts";
import { type Context, millisecondsOf, nearest, setting } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { PassingFailed, passOn } from "./proxy.ts";
import { expand } from "./variables.ts";

/** Statuses that `add_header` is for without `always`. */
const GOOD = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);
/** Headers of a server behind that nginx has its own of, or keeps to itself. */
const NOT_PASSED = new Set(["connection", "keep-alive", "transfer-encoding", "date", "server", "x-pad"]);

/** Answers a request. `upgraded` is its connection where the client wants to go on in another protocol. */
export async function answer(exchange: Exchange, response: ServerResponse, upgraded?: Upgraded): Promise<void> {
  let outcome = await outcomeOf(exchange);
  // An error's page may have an error of its own, which is told as it is.
  for (let isFirst = true; ; isFirst = false) {
    const failed = await tell(outcome, exchange, response, upgraded);
    if (failed === undefined) return;
    const page = isFirst ? errorPage(failed, exchange) : undefined;
    if (!page) return tellOwn(failed, exchange, response);
    exchange.status = page.status;
    if (/^https?:/.test(page.uri)) return tellOwn({ ...failed, status: 302, text: page.uri }, exchange, response);
    if (!page.uri.startsWith("@")) exchange.uri = page.uri;
    outcome = await outcomeOf(asGet(exchange), page.uri.startsWith("@") ? page.uri : undefined);
  }
}

/** The connection of a client that wants another protocol. */
export interface Upgraded {
  readonly socket: Socket;
  readonly head: Buffer;
}

type Own = Extract<Outcome, { kind: "own" }>;

/** An error's page is asked for as if with GET. */
function asGet(exchange: Exchange): Exchange {
  const message = Object.create(exchange.message) as IncomingMessage;
  message.method = "GET";
  return Object.assign(exchange, { message });
}

/** An error of nginx's own is not told, but returned: there may be a page for it. */
async function tell(
  outcome: Outcome,
  exchange: Exchange,
  response: ServerResponse,
  upgraded: Upgraded | undefined,
): Promise<Own | undefined> {
  if (outcome.kind === "own") {
    const isError = outcome.status >= 400 && outcome.text === "";
    if (isError) return outcome;
    tellOwn(outcome, exchange, response);
    return undefined;
  }
  if (outcome.kind === "file") return tellFile(outcome, exchange, response);
  return tellPassed(outcome, exchange, response, upgraded);
}

/** Where an error's page is, and the status that is told with it; undefined: that of what is found there. */
function errorPage(
  { context, status }: Own,
  exchange: Exchange,
): { uri: string; status: number | undefined } | undefined {
  for (const { args } of nearest(context, "error_page")) {
    if (!args.slice(0, -1).includes(String(status))) continue;
    const uri = expand(args.at(-1) ?? "", exchange, context);
    const other = args.find((one) => one.startsWith("="))?.slice(1);
    return { uri, status: other === undefined ? status : Number(other) || undefined };
  }
  return undefined;
}

function tellOwn({ context, status, text }: Own, exchange: Exchange, response: ServerResponse): void {
  // The connection is closed without a word.
  if (status === 444) return void exchange.message.socket.destroy();
  const isLed = [301, 302, 303, 307, 308].includes(status);
  const final = isLed ? status : (exchange.status ?? status);
  const host = exchange.message.headers.host ?? exchange.site.names[0];
  const location = isLed && text.startsWith("/") ? `http://${host}${text}` : text;
  const body = isLed || text === "" ? page(final) : text;
  const type = isLed || text === "" ? "text/html" : (setting(context, "default_type")?.[0] ?? "text/plain");
  response.writeHead(final, {
    ...common(),
    "Content-Type": withCharset(type, context),
    "Content-Length": Buffer.byteLength(final === 204 ? "" : body),
    ...(isLed && { Location: location }),
    ...added(context, final, exchange),
  });
  response.end(exchange.message.method === "HEAD" || final === 204 ? undefined : body);
}

/** As nginx has it. */
function page(status: number): string {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`.trim();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${process.env.NGINX_VERSION}</center>\r\n</body>\r\n</html>\r\n`;
}

async function tellFile(
  { context, path, stats }: Extract<Outcome, { kind: "file" }>,
  exchange: Exchange,
  response: ServerResponse,
): Promise<Own | undefined> {
  const { headers, method } = exchange.message;
  const etag = `"${Math.floor(stats.mtimeMs / 1000).toString(16)}-${stats.size.toString(16)}"`;
  const modified = new Date(stats.mtimeMs).toUTCString();
  const status = exchange.status ?? 200;
  const isKnown =
    headers["if-none-match"] === undefined
      ? headers["if-modified-since"] === modified
      : headers["if-none-match"].split(/,\s*/).some((one) => one === "*" || one.replace(/^W\//, "") === etag);
  const isSame = status === 200 && isKnown;
  const known = {
    ...common(),
    "Last-Modified": modified,
    ETag: etag,
    ...added(context, isSame ? 304 : status, exchange),
  };
  if (isSame) {
    response.writeHead(304, known);
    response.end();
    return undefined;
  }
  response.writeHead(status, {
    ...known,
    "Content-Type": withCharset(typeOf(path, context), context),
    "Content-Length": stats.size,
  });
  if (method === "HEAD" || stats.size === 0) response.end();
  else await pipeline(createReadStream(onThisComputer(path), { end: stats.size - 1 }), response).catch(() => {});
  return undefined;
}

function typeOf(path: string, context: Context): string {
  const extension = extname(path).slice(1).toLowerCase();
  const types = nearest(context, "types").flatMap(({ block = [] }) => block);
  const found = types.find(({ args }) => args.includes(extension));
  return found?.name ?? setting(context, "default_type")?.[0] ?? "text/plain";
}

function withCharset(type: string, context: Context): string {
  const charset = setting(context, "charset")?.[0];
  const takesOne = /^text\/|\/(javascript|rss\+xml)$/.test(type);
  return charset !== undefined && charset !== "off" && takesOne ? `${type}; charset=${charset}` : type;
}

async function tellPassed(
  { context, url }: Extract<Outcome, { kind: "proxy" }>,
  exchange: Exchange,
  response: ServerResponse,
  upgraded: Upgraded | undefined,
): Promise<Own | undefined> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const passed = await passOn(exchange, context, url, gone.signal);
    const { statusCode = 502 } = passed.response;
    if (passed.socket && upgraded) {
      join(passed.response, passed.socket, passed.head, upgraded);
      return undefined;
    }
    if (statusCode >= 300 && setting(context, "proxy_intercept_errors")?.[0] === "on") {
      const own: Own = { kind: "own", context, status: statusCode, text: "" };
      if (errorPage(own, exchange)) {
        passed.response.resume();
        return own;
      }
    }
    const hidden = nearest(context, "proxy_hide_header").map(({ args }) => (args[0] ?? "").toLowerCase());
    const headers: Record<string, string | string[] | undefined> = {};
    for (const [name, value] of Object.entries(passed.response.headers)) {
      if (!NOT_PASSED.has(name) && !hidden.includes(name)) headers[name] = value;
    }
    const { location } = passed.response.headers;
    const from = nearest(context, "proxy_pass")[0]?.args[0] ?? "";
    const path = (context as { path?: string }).path ?? "/";
    if (location?.startsWith(from) && setting(context, "proxy_redirect")?.[0] !== "off") {
      headers.location = path + location.slice(from.length).replace(path.endsWith("/") ? /^\// : /^$/, "");
    }
    response.writeHead(exchange.status ?? statusCode, {
      ...headers,
      ...common(),
      ...added(context, statusCode, exchange),
    });
    await pipeline(passed.response, response).catch(() => {});
    return undefined;
  } catch (error) {
    if (!(error instanceof PassingFailed)) throw error;
    if (gone.signal.aborted) return undefined;
    logError("error", error.message);
    return { kind: "own", context, status: error.status, text: "" };
  }
}

/** Leads what both sides say to each other. */
function join({ rawHeaders }: IncomingMessage, behind: Socket, first: Buffer | undefined, client: Upgraded): void {
  const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
  client.socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
  if (first) client.socket.write(first);
  behind.write(client.head);
  behind.pipe(client.socket).pipe(behind);
  for (const one of [behind, client.socket]) {
    one.on("error", () => {});
    one.once("close", () => (one === behind ? client.socket : behind).destroy());
  }
}

function common(): Record<string, string> {
  return { Server: `nginx/${process.env.NGINX_VERSION}` };
}

/** What `add_header` and `expires` add; both may say something of the cache. */
function added(context: Context, status: number, exchange: Exchange): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  const add = (name: string, value: string) => {
    headers[name] = [...(headers[name] ?? []), value];
  };
  if (GOOD.has(status)) {
    for (const [name, value] of Object.entries(expiry(setting(context, "expires")?.at(-1)))) add(name, value);
  }
  for (const { args } of nearest(context, "add_header")) {
    const [name = "", value = "", always] = args;
    const text = expand(value, exchange, context);
    if (text !== "" && (always === "always" || GOOD.has(status))) add(name, text);
  }
  return headers;
}

function expiry(time: string | undefined): Record<string, string> {
  if (time === undefined || time === "off") return {};
  if (time === "epoch" || time.startsWith("-")) {
    return { Expires: new Date(time === "epoch" ? 1000 : Date.now()).toUTCString(), "Cache-Control": "no-cache" };
  }
  const years = /^(\d+)y$/.exec(time)?.[1];
  const duration =
    years === undefined ? time.replace(/^(\d+)M$/, (_, months) => `${months * 30}d`) : `${Number(years) * 365}d`;
  const seconds = time === "max" ? 315_360_000 : millisecondsOf(duration) / 1000;
  return { Expires: new Date(Date.now() + seconds * 1000).toUTCString(), "Cache-Control": `max-age=${seconds}` };
}

/** A line of the error log, as nginx writes them. */
export function logError(level: string, text: string): void {
  const now = new Date().toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
  process.stderr.write(`${now} [${level}] 1#1: ${text}\n`);
}
