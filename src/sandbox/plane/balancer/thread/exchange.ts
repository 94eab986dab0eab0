import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { createProxyServer } from "httpxy";
import type { ListenerConfig, Place } from "../config.ts";
import { AGENTS, NotConnected } from "./agents.ts";
import { answer } from "./answers.ts";
import type { Counter } from "./counter.ts";
import { forwardHeaders } from "./headers.ts";
import type { Chosen, Targets } from "./targets.ts";

/** What the exchanges of all listeners share. */
export interface Surroundings {
  readonly targets: Targets;
  readonly counter: Counter;
}

/** What changes nothing may be asked twice. */
const SAFE = ["GET", "HEAD", "OPTIONS"];

const proxy = createProxyServer({ secure: false });
const exchanges = new WeakMap<IncomingMessage, Exchange>();
proxy.on("proxyReq", (sent, request) => exchanges.get(request)?.sent(sent));
proxy.on("proxyRes", (returned, request) => exchanges.get(request)?.returned(returned));

/** A request, from its arrival until its answer is out. */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #listener: ListenerConfig;
  readonly #around: Surroundings;
  /** Ids of the targets that cannot have it (again). */
  readonly #tried = new Set<string>();
  /** The target that has it, or had it last. */
  #target: string | undefined;
  #sent: ClientRequest | undefined;
  #sentAt = 0;
  #isLate = false;
  #leave = () => {};

  constructor(request: IncomingMessage, response: ServerResponse, listener: ListenerConfig, around: Surroundings) {
    this.#request = request;
    this.#response = response;
    this.#listener = listener;
    this.#around = around;
    exchanges.set(request, this);
  }

  run(): void {
    const { protocol, port, loadBalancer } = this.#listener;
    this.#response.once("close", () => {
      this.#leave();
      const status = this.#response.writableFinished ? this.#response.statusCode : 460;
      const time = this.#sentAt === 0 ? 0 : performance.now() - this.#sentAt;
      this.#around.counter.count(loadBalancer, this.#target, status, time);
    });
    forwardHeaders(this.#request.headers, {
      address: this.#request.socket.remoteAddress ?? "",
      protocol: protocol === "HTTPS" ? "https" : "http",
      port,
    });
    this.#forward();
  }

  #forward(): void {
    const [group] = this.#listener.action.groups;
    const chosen = group && this.#around.targets.next(group.id, this.#tried);
    if (chosen) this.#offer(chosen);
    else answer(this.#response, this.#target === undefined ? 503 : 502);
  }

  #offer({ target: { id, place }, protocol }: Chosen): void {
    this.#target = id;
    this.#tried.add(id);
    if (place === "blocked") answer(this.#response, 504);
    else if (place === "refused") this.#failed(new NotConnected(false));
    else this.#send(id, `${protocol.toLowerCase()}:`, AGENTS[protocol], place);
  }

  #send(id: string, protocol: string, agent: Agent, place: Place): void {
    this.#leave = this.#around.targets.begin(id, () => this.#sent?.destroy());
    proxy
      .web(this.#request, this.#response, {
        target: { protocol, ...place },
        agent,
        proxyTimeout: this.#listener.idleTimeout,
      })
      .catch((error) => this.#failed(error));
  }

  /** A target is connected, and gets it. */
  sent(request: ClientRequest): void {
    this.#sent = request;
    this.#sentAt = performance.now();
    request.once("timeout", () => {
      this.#isLate = true;
    });
  }

  /** The head of a target's answer is here. What it says of the connection holds for that to the target. */
  returned({ headers }: IncomingMessage): void {
    delete headers["keep-alive"];
    delete headers.connection;
  }

  #failed(error: Error): void {
    this.#leave();
    const isLate = this.#isLate || (error instanceof NotConnected && error.isLate);
    if (this.#response.headersSent || this.#response.destroyed) this.#response.destroy();
    else if (this.#mayTryAgain(error)) this.#forward();
    else answer(this.#response, isLate ? 504 : 502);
  }

  /**
   * Whether another target may have it: none has seen anything of it, or what it asks changes nothing. A connection that
   * was kept may have been closed by its target at this very moment: then the same one may have it, too.
   */
  #mayTryAgain(error: Error): boolean {
    if (error instanceof NotConnected) return !error.isLate;
    const { method = "", headers } = this.#request;
    const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
    if (this.#isLate || hasBody || !SAFE.includes(method)) return false;
    if (this.#sent?.reusedSocket && this.#target !== undefined) this.#tried.delete(this.#target);
    return true;
  }
}
