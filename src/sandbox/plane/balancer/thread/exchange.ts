import { type Agent, type ClientRequest, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { createProxyServer } from "httpxy";
import type { ActionConfig, ListenerConfig, Place } from "../config.ts";
import type { AccessLogs } from "./access-log.ts";
import { AGENTS, NotConnected } from "./agents.ts";
import { answer, answerPage } from "./answers.ts";
import { type Asked, askedBy } from "./asked.ts";
import type { Counter } from "./counter.ts";
import { forwardHeaders } from "./headers.ts";
import { History } from "./history.ts";
import { locationOf } from "./redirect.ts";
import type { Rules } from "./rules.ts";
import type { Chosen, Targets } from "./targets.ts";

/** What the exchanges of all listeners share. */
export interface Surroundings {
  readonly targets: Targets;
  readonly counter: Counter;
  readonly logs: AccessLogs;
  /** The port of this computer that stands for a listener's port of a load balancer; the port itself if none does. */
  localPort(loadBalancer: string, port: number): number;
}

/** The listener that a request came to. */
export interface Called {
  readonly config: ListenerConfig;
  readonly rules: Rules;
}

/** A connection whose client wants to speak another protocol. */
interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** What changes nothing may be asked twice. */
const SAFE = ["GET", "HEAD", "OPTIONS"];

const proxy = createProxyServer({ secure: false });
const exchanges = new WeakMap<IncomingMessage, Exchange>();
proxy.on("proxyReq", (sent, request) => exchanges.get(request)?.sent(sent));
proxy.on("proxyReqWs", (sent, request) => exchanges.get(request)?.sent(sent));
proxy.on("proxyRes", (returned, request) => exchanges.get(request)?.returned(returned));

/** A request, from its arrival until its answer is out. */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #listener: ListenerConfig;
  readonly #rules: Rules;
  readonly #around: Surroundings;
  readonly #asked: Asked;
  readonly #upgrade: Upgrade | undefined;
  /** Ids of the targets that cannot have it (again). */
  readonly #tried = new Set<string>();
  readonly #history = new History();
  #sent: ClientRequest | undefined;
  #isLate = false;
  #isOver = false;
  #leave = () => {};

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { config, rules }: Called,
    around: Surroundings,
    upgrade?: Upgrade,
  ) {
    this.#request = request;
    this.#response = response;
    this.#listener = config;
    this.#rules = rules;
    this.#around = around;
    this.#upgrade = upgrade;
    this.#asked = askedBy(request);
    exchanges.set(request, this);
  }

  /** One whose client wants to go on with WebSocket. Whatever else it wants to go on with, it gets a usual answer. */
  static upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    called: Called,
    around: Surroundings,
  ): Exchange {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    // The sockets of servers are network sockets.
    response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
    response.once("finish", () => socket.end());
    const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
    return new Exchange(request, response, called, around, isWebSocket ? { socket, head } : undefined);
  }

  run(): void {
    this.#response.once("finish", () => {
      this.#history.status ??= this.#response.statusCode;
    });
    this.#response.once("close", () => this.#end());
    const rule = this.#rules.ruleFor(this.#asked);
    this.#history.rule = rule;
    // ("Troubleshoot your Application Load Balancers": HTTP 405)
    if (this.#asked.method === "TRACE") answerPage(this.#response, 405);
    else if (rule) this.#act(rule.action);
    else answerPage(this.#response, 503);
  }

  #act(action: ActionConfig): void {
    if (action.type === "forward") {
      this.#history.group = chosenGroup(action.groups);
      this.#forwardFirst();
    } else if (action.type === "redirect") {
      const location = locationOf(action, this.#asked, this.#listener, (port) => this.#localPort(port));
      answerPage(this.#response, action.status, { location });
    } else answer(this.#response, action.status, { "content-type": action.contentType }, action.body);
  }

  /** Whoever came by a port of this computer is led to such ports. */
  #localPort(port: number): number {
    const { loadBalancer, port: own } = this.#listener;
    const { localPort } = this.#around;
    return this.#asked.hostPort === localPort(loadBalancer, own) ? localPort(loadBalancer, port) : port;
  }

  #forwardFirst(): void {
    const { protocol, port } = this.#listener;
    forwardHeaders(this.#request.headers, {
      address: this.#asked.source,
      protocol: protocol === "HTTPS" ? "https" : "http",
      port,
      isUpgrade: this.#upgrade !== undefined,
    });
    this.#forward();
  }

  #forward(): void {
    const { group, target } = this.#history;
    const chosen = group === undefined ? undefined : this.#around.targets.next(group, this.#tried);
    if (chosen) this.#offer(chosen);
    else answerPage(this.#response, target === undefined ? 503 : 502);
  }

  #offer({ target, protocol }: Chosen): void {
    const { id, place } = target;
    this.#history.target = target;
    this.#tried.add(id);
    if (place === "blocked") answerPage(this.#response, 504);
    else if (place === "refused") this.#failed(new NotConnected(false));
    else this.#send(id, `${protocol.toLowerCase()}:`, AGENTS[protocol], place);
  }

  #send(id: string, protocol: string, agent: Agent, place: Place): void {
    this.#leave = this.#around.targets.begin(id, () => this.#sent?.destroy());
    const options = { target: { protocol, ...place }, agent };
    const { idleTimeout } = this.#listener;
    // The sockets of servers are network sockets.
    const socket = this.#upgrade?.socket as Parameters<typeof proxy.ws>[1] | undefined;
    const served = socket
      ? proxy.ws(this.#request, socket, { ...options, upgradeTimeout: idleTimeout }, this.#upgrade?.head)
      : proxy.web(this.#request, this.#response, { ...options, proxyTimeout: idleTimeout });
    served.catch((error) => this.#failed(error));
  }

  /** A target is connected, and gets it. */
  sent(request: ClientRequest): void {
    this.#sent = request;
    this.#history.sent();
    request.once("timeout", () => {
      this.#isLate = true;
    });
    request.once("upgrade", (returned, connection) => {
      this.#history.returned(returned.statusCode);
      this.#history.status = 101;
      const end = () => this.#upgrade?.socket.destroy();
      connection.once("close", end);
      // After the proxy, which takes the limit away.
      queueMicrotask(() => connection.setTimeout(this.#listener.idleTimeout, end));
    });
  }

  /** The head of a target's answer is here. What it says of the connection holds for that to the target. */
  returned({ headers, statusCode }: IncomingMessage): void {
    this.#history.returned(statusCode);
    delete headers["keep-alive"];
    delete headers.connection;
  }

  #failed(error: Error): void {
    this.#leave();
    const isLate = this.#isLate || (error instanceof NotConnected && error.isLate);
    if (this.#response.headersSent || this.#isOver) this.#response.destroy();
    else if (this.#mayTryAgain(error)) this.#forward();
    else answerPage(this.#response, isLate ? 504 : 502);
  }

  /**
   * Whether another target may have it: none has seen anything of it, or what it asks changes nothing. A connection that
   * was kept may have been closed by its target at this very moment: then the same one may have it, too.
   */
  #mayTryAgain(error: Error): boolean {
    if (error instanceof NotConnected) return !error.isLate;
    const { method = "", headers } = this.#request;
    const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
    if (this.#isLate || this.#upgrade || hasBody || !SAFE.includes(method)) return false;
    if (this.#sent?.reusedSocket) this.#tried.delete(this.#history.target?.id ?? "");
    return true;
  }

  #end(): void {
    this.#isOver = true;
    this.#leave();
    const { loadBalancer, accessLog } = this.#listener;
    const { status, time } = this.#history.ended();
    this.#around.counter.count(loadBalancer, this.#history.target?.id, status, time);
    if (!accessLog) return;
    this.#around.logs.log(accessLog, this.#history.entry(this.#asked, this.#request, this.#response, this.#listener));
  }
}

/** One of the groups, by their weights; undefined: none has any. */
function chosenGroup(groups: readonly { readonly id: string; readonly weight: number }[]): string | undefined {
  let place = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.find(({ weight }) => {
    place -= weight;
    return place < 0;
  })?.id;
}
