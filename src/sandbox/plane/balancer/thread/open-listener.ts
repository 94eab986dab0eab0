import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type Listening, listen } from "../../listen.ts";
import type { ListenerConfig, Place, TlsConfig } from "../config.ts";
import { pageOf } from "./answers.ts";
import { type Called, Exchange, type Surroundings } from "./exchange.ts";
import { Rules } from "./rules.ts";
import { tlsOptions } from "./tls.ts";

/** Clients of one listener at once. */
const MOST_CLIENTS = 20_000;

/** Milliseconds that a client may be silent longer than its target, so that it is told of the target's silence: undici's clock is coarse. */
const GRACE_MS = 2000;

/** ("Quotas for your Application Load Balancers": the headers of a request) */
const LONGEST_HEAD = 65_536;

/** A listener that has its port. */
export class OpenListener {
  readonly #listening: Listening;
  readonly #server: Server;
  #called: Called;

  private constructor(server: Server, listening: Listening, called: Called) {
    this.#server = server;
    this.#listening = listening;
    this.#called = called;
    this.takes(called.config);
  }

  /** Undefined: none of its ports can be had. */
  static async open(config: ListenerConfig, around: Surroundings): Promise<OpenListener | undefined> {
    const opened: { listener?: OpenListener } = {};
    const first = { config, rules: new Rules(config.rules) };
    const called = () => opened.listener?.called ?? first;
    for (const port of config.ports) {
      const server = serverOf(config.tls, called, around);
      try {
        const listening = await listen(server, { address: config.address, port, most: MOST_CLIENTS, isPublic: true });
        opened.listener = new OpenListener(server, listening, first);
        return opened.listener;
      } catch (error) {
        if (!["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    }
    return undefined;
  }

  get called(): Called {
    return this.#called;
  }

  get place(): Place {
    const { address, port } = this.#listening;
    return { host: address, port };
  }

  /** Serves by a new configuration; false: it takes another server for that. */
  takes(config: ListenerConfig): boolean {
    const { config: now } = this.#called;
    if (needsOf(config) !== needsOf(now)) return false;
    this.#called = { config, rules: new Rules(config.rules) };
    this.#server.keepAliveTimeout = config.idleTimeout;
    this.#server.timeout = config.idleTimeout + GRACE_MS;
    return true;
  }

  close(): Promise<void> {
    return this.#listening.close();
  }
}

/** What a server is made with, and keeps. */
function needsOf({ protocol, address, port, tls }: ListenerConfig): string {
  return JSON.stringify([protocol, address, port, tls]);
}

function serverOf(tls: TlsConfig | undefined, called: () => Called, around: Surroundings): Server {
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    new Exchange(request, response, called(), around).run();
  };
  const server = bareServer(tls).on("request", serve).on("clientError", refuse);
  server.on("upgrade", (request, socket, head) => {
    Exchange.upgrade(request, socket, head, called(), around).run();
  });
  return server;
}

function bareServer(tls: TlsConfig | undefined): Server {
  const options = { noDelay: true, requestTimeout: 0, maxHeaderSize: LONGEST_HEAD };
  if (!tls) return createServer(options);
  if (!tls.http2) return createTlsServer({ ...options, ...tlsOptions(tls) });
  // Its requests and answers are used as those of HTTP/1, which its compatibility API is made for.
  return createSecureServer({ ...options, ...tlsOptions(tls), allowHTTP1: true }) as unknown as Server;
}

/** What is no request gets the load balancer's words and no target. ("Troubleshoot your Application Load Balancers") */
function refuse({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || code === "ECONNRESET") return void socket.destroy();
  const page = pageOf(400);
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Server: awselb/2.0",
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: text/html",
    `Content-Length: ${page.length}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${page}`);
}
