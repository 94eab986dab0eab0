import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Feed } from "./feed.ts";
import { type FollowLog, streamLog } from "./log.ts";
import { type PageFile, pageFile } from "./pages.ts";
import { type OpenTerminal, Terminals } from "./terminal.ts";

/** A page that is served. */
export interface ConsoleServer {
  /** With the token that lets one in. */
  readonly url: string;
  close(): Promise<void>;
}

/** What the page may ask for by name, beside what it is told. */
export interface Answers {
  /** What the run of a number said, as JSON; undefined: there is none. */
  run(number: number): Promise<string | undefined>;
  /** Which way requests took in the last hour, as JSON. */
  traffic(): Promise<string>;
  log: FollowLog;
  /** Absent: the page has no terminals. */
  terminal?: OpenTerminal;
}

/** What is asked of one machine, `i-...`, or container, `TASK.NAME`. */
const PLACE = { log: /^logs\/([\w.-]+)$/, terminal: /^terminals\/([\w.-]+)$/ };

/** The only address: no other computer reaches it. */
const LOCALHOST = "127.0.0.1";

/** A proxy or a browser gives up a stream that says nothing for long. */
const HEARTBEAT_MS = 15_000;

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": policy("'self'", "'self'"),
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** What the page may load. Its terminal writes style sheets of its own (xterm.js), which have to carry the nonce that its answer brings. */
function policy(styles: string, connections: string): string {
  return `default-src 'none'; script-src 'self'; style-src ${styles}; connect-src ${connections}; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

const TYPES: Readonly<Record<string, string>> = {
  "console.js": "text/javascript; charset=utf-8",
  "console.css": "text/css; charset=utf-8",
};

/**
 * Serves the page of a feed on this computer only. Every url begins with a token of its own; without it, and to pages of other
 * origins, nothing is told.
 *
 * @param port 0: any free one
 * @throws Error of node:net, e.g. `EADDRINUSE`
 */
export async function serveConsole(feed: Feed, answers: Answers, port: number): Promise<ConsoleServer> {
  const token = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => {
    const path = admitted(request, token, server);
    if (path === undefined) refuse(response, 403, "Forbidden");
    else if (request.method !== "GET") refuse(response, 405, "Method Not Allowed");
    else answer(path, feed, answers, request, response).catch((error: Error) => refuse(response, 500, error.message));
  });
  const terminals = answers.terminal && new Terminals(answers.terminal);
  server.on("upgrade", (request, socket, head) => {
    const path = admitted(request, token, server);
    const place = PLACE.terminal.exec(path ?? "")?.[1];
    // Nobody else listens until it is a WebSocket.
    socket.on("error", () => {});
    if (path === undefined) decline(socket, 403, "Forbidden");
    else if (!terminals || place === undefined) decline(socket, 404, "Not Found");
    else terminals.take(place, request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: LOCALHOST, port }, resolve);
  });
  return {
    url: `http://${LOCALHOST}:${(server.address() as AddressInfo).port}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        terminals?.close();
        server.closeAllConnections();
      }),
  };
}

/** The path behind the token; undefined: whoever asks may not. */
function admitted({ url = "", headers }: IncomingMessage, token: string, server: Server): string | undefined {
  const [, given = "", ...rest] = (url.split("?")[0] ?? "").split("/");
  const isKnown = given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
  // A name of another site that was made to lead here would be its origin.
  const here = `${LOCALHOST}:${(server.address() as AddressInfo).port}`;
  const isOwn = headers.host === here && (headers.origin === undefined || headers.origin === `http://${here}`);
  return isKnown && isOwn ? rest.join("/") : undefined;
}

async function answer(
  path: string,
  feed: Feed,
  answers: Answers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const run = /^runs\/(\d+)$/.exec(path)?.[1];
  const log = PLACE.log.exec(path)?.[1];
  if (path === "") sendPage(request, response);
  else if (TYPES[path]) send(response, TYPES[path], await pageFile(path as PageFile));
  else if (path === "traffic") send(response, "application/json", await answers.traffic());
  else if (path === "events") stream(feed, topicsOf(request), request, response);
  else if (log !== undefined) {
    response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" });
    await streamLog(answers.log, log, request, response);
  } else if (run !== undefined) {
    const text = await answers.run(Number(run));
    if (text === undefined) refuse(response, 404, "Not Found");
    else send(response, "application/json", text);
  } else refuse(response, 404, "Not Found");
}

/** Those that the page wants to be told, `?topics=stack,look`; undefined: all. */
function topicsOf({ url = "" }: IncomingMessage): string[] | undefined {
  return new URLSearchParams(url.split("?")[1]).get("topics")?.split(",");
}

/** Server-sent events: what the feed tells. One that reads slowly gets the newest of each topic, and takes no memory for the rest. */
function stream(
  feed: Feed,
  topics: readonly string[] | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" });
  const untold = new Map<string, string>();
  const flush = () => {
    for (const [topic, text] of untold) {
      if (response.writableNeedDrain) return;
      untold.delete(topic);
      response.write(`event: ${topic}\ndata: ${text}\n\n`);
    }
  };
  response.on("drain", flush);
  const stop = feed.listen((topic, text) => {
    untold.set(topic, text);
    flush();
  }, topics);
  const beat = setInterval(() => response.write(": still here\n\n"), HEARTBEAT_MS);
  request.once("close", () => {
    clearInterval(beat);
    stop();
  });
}

/** The page, with a nonce of its own for its style sheets, which only its script can read. */
function sendPage({ headers: { host = "" } }: IncomingMessage, response: ServerResponse): void {
  const nonce = randomBytes(16).toString("base64");
  // Not every browser takes the WebSockets of a page's own server for 'self'.
  const allowed = policy(`'self' 'nonce-${nonce}'`, `'self' ws://${host}`);
  const headers = { ...HEADERS, "Content-Security-Policy": allowed, "Content-Type": "text/html; charset=utf-8" };
  response.writeHead(200, headers);
  response.end(PAGE.replace("NONCE", nonce));
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { ...HEADERS, "Content-Type": type });
  response.end(body);
}

function refuse(response: ServerResponse, status: number, words: string): void {
  if (!response.headersSent) response.writeHead(status, { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" });
  response.end(words);
}

/** An answer to a request for a WebSocket that is to be none. */
function decline(socket: Duplex, status: number, words: string): void {
  socket.end(`HTTP/1.1 ${status} ${words}\r\nConnection: close\r\nContent-Length: ${words.length}\r\n\r\n${words}`);
}

const PAGE = `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bia-infra console</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="console.css" nonce="NONCE">
<script src="console.js" defer></script>
</head>
<body><div id="page"></div></body>
</html>
`;
