import { type IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Duplex, Readable } from "node:stream";
import type { Dispatcher, Pool } from "undici";
import type { ActionConfig, ListenerConfig } from "../config.ts";
import type { AccessLogs } from "./access-log.ts";
import type { Answered } from "./answered.ts";
import { answer, answerPage } from "./answers.ts";
import { type Asked, askedBy } from "./asked.ts";
import { Attempt, type Failure, type Upgrade } from "./attempt.ts";
import type { Counts } from "./counts.ts";
import { forwardedHeaders, traceOf } from "./headers.ts";
import { History } from "./history.ts";
import type { Pools } from "./pools.ts";
import { locationOf } from "./redirect.ts";
import type { Rules } from "./rules.ts";
import type { Chosen, Targets } from "./targets.ts";

/** What the exchanges of all listeners share. */
export interface Surroundings {
  readonly targets: Targets;
  readonly pools: Pools;
  readonly logs: AccessLogs;
  readonly counts: Counts;
  readonly answered: Answered;
  /** The port of this computer that stands for a listener's port of a load balancer; the port itself if none does. */
  localPort(loadBalancer: string, port: number): number;
}

/** The listener that a request came to. */
export interface Called {
  readonly config: ListenerConfig;
  readonly rules: Rules;
}

/** What changes nothing may be asked twice. */
const SAFE = ["GET", "HEAD", "OPTIONS"];

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
  readonly #history: History;
  #attempt: Attempt | undefined;
  #wasRepeated = false;
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
    this.#history = new History(request);
    this.#response = response;
    this.#listener = config;
    this.#rules = rules;
    this.#around = around;
    this.#upgrade = upgrade;
    this.#asked = askedBy(request);
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
    const { idleTimeout } = called.config;
    return new Exchange(request, response, called, around, isWebSocket ? { socket, head, idleTimeout } : undefined);
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
    const { protocol, port, idleTimeout } = this.#listener;
    const scheme = protocol === "HTTPS" ? "https" : "http";
    this.#history.trace = traceOf(this.#request);
    const client = { address: this.#asked.source, protocol: scheme, port } as const;
    this.#forward({
      method: this.#asked.method as Dispatcher.HttpMethod,
      path: this.#request.url ?? "/",
      headers: forwardedHeaders(this.#request, client, this.#history.trace),
      body: hasBody(this.#request) ? bodyOf(this.#request) : null,
      upgrade: this.#upgrade ? "websocket" : null,
      headersTimeout: idleTimeout,
      bodyTimeout: idleTimeout,
    });
  }

  #forward(forwarded: Dispatcher.DispatchOptions): void {
    const { group, target } = this.#history;
    const chosen = group === undefined ? undefined : this.#around.targets.next(group, this.#tried);
    if (chosen) this.#offer(chosen, forwarded);
    else answerPage(this.#response, target === undefined ? 503 : 502);
  }

  #offer({ target, protocol }: Chosen, forwarded: Dispatcher.DispatchOptions): void {
    const { id, place } = target;
    this.#history.target = target;
    this.#tried.add(id);
    if (place === "blocked") answerPage(this.#response, 504);
    else if (place === "refused") this.#forward(forwarded);
    else this.#send(id, this.#around.pools.to(protocol, place), forwarded);
  }

  #send(id: string, pool: Pool, forwarded: Dispatcher.DispatchOptions): void {
    const attempt = new Attempt(this.#response, this.#upgrade, this.#history, (failure) => {
      this.#leave();
      this.#failed(failure, forwarded);
    });
    this.#attempt = attempt;
    this.#leave = this.#around.targets.begin(id, () => attempt.end());
    pool.dispatch(forwarded, attempt);
  }

  #failed(failure: Failure, forwarded: Dispatcher.DispatchOptions): void {
    if (this.#response.headersSent || this.#isOver) this.#response.destroy();
    else if (this.#mayTryAgain(failure, forwarded)) this.#forward(forwarded);
    else answerPage(this.#response, failure.isLate ? 504 : 502);
  }

  /**
   * Whether another target may have it: none has seen anything of it, or what it asks changes nothing. A connection that
   * was kept may have been closed by its target at this very moment: then the same one may have it once more, too.
   */
  #mayTryAgain({ isUnsent, isLate }: Failure, { body, upgrade, method }: Dispatcher.DispatchOptions): boolean {
    if (isLate || isUnsent) return !isLate;
    if (upgrade || body || !SAFE.includes(method)) return false;
    if (!this.#wasRepeated) this.#tried.delete(this.#history.target?.id ?? "");
    this.#wasRepeated = true;
    return true;
  }

  #end(): void {
    this.#isOver = true;
    if (!this.#response.writableFinished) this.#attempt?.end();
    this.#leave();
    const { accessLog } = this.#listener;
    this.#history.countIn(this.#around.counts, this.#around.answered, this.#listener);
    if (!accessLog) return;
    this.#around.logs.log(accessLog, this.#history.entry(this.#asked, this.#request, this.#response, this.#listener));
  }
}

function hasBody(request: IncomingMessage): boolean {
  const { headers, httpVersionMajor } = request;
  if (httpVersionMajor > 1) return !(request as unknown as Http2ServerRequest).stream.endAfterHeaders;
  return (headers["content-length"] ?? "0") !== "0" || headers["transfer-encoding"] !== undefined;
}

/**
 * Not the request itself: undici destroys what it has read, and the client's connection with it where a target answers
 * before it has read all. What it leaves is read by nobody.
 */
function bodyOf(request: IncomingMessage): Readable {
  const read = async function* () {
    try {
      yield* request.iterator({ destroyOnReturn: false });
    } finally {
      request.resume();
    }
  };
  // undici takes what can be iterated, which its types do not say.
  return read() as unknown as Readable;
}

/** One of the groups, by their weights; undefined: none has any. */
function chosenGroup(groups: readonly { readonly id: string; readonly weight: number }[]): string | undefined {
  let place = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.find(({ weight }) => {
    place -= weight;
    return place < 0;
  })?.id;
}
