import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ListenerConfig, RuleConfig, TargetConfig } from "../config.ts";
import type { Entry } from "./access-log.ts";
import type { Answered } from "./answered.ts";
import type { Asked } from "./asked.ts";
import type { Counts } from "./counts.ts";
import { certificateFor } from "./tls.ts";

/** The status of clients that went away before they had their answer. */
const CLIENT_LEFT = 460;

/** Errors of the load balancer's own that have a metric each. */
const TOLD_APART: readonly number[] = [500, 502, 503, 504];

/** Bytes of a connection that are in the log with earlier requests. */
const LOGGED = new WeakMap<Socket, { readonly read: number; readonly written: number }>();

/** What is asked of a connection, with TLS or without. */
type Connection = Socket & Partial<Pick<TLSSocket, "getCipher" | "getProtocol">> & { readonly servername?: unknown };

/** What has become of a request so far. */
export class History {
  rule: RuleConfig | undefined;
  /** ARN of the target group that was chosen. */
  group: string | undefined;
  /** The target that has it, or had it last. */
  target: TargetConfig | undefined;
  /** Of the request, as the target gets it. */
  trace: string | undefined;
  /** What the client got; undefined: nothing yet. */
  status: number | undefined;
  readonly #arrivedAt = new Date();
  readonly #start = performance.now();
  #sentAt: number | undefined;
  #returnedAt: number | undefined;
  #targetStatus: number | undefined;
  /** Of HTTP/2: a stream that has ended does not know any more what it came by. */
  readonly #session: Http2Session | undefined;

  constructor(request: IncomingMessage) {
    if (request.httpVersionMajor > 1) this.#session = (request as unknown as Http2ServerRequest).stream.session;
  }

  /** A target is connected, and gets it. */
  sent(): void {
    this.#sentAt = performance.now();
  }

  /** The head of a target's answer is here. */
  returned(status: number | undefined): void {
    this.#returnedAt = performance.now();
    this.#targetStatus = status;
  }

  /** Counts a request that has ended. ("CloudWatch metrics for your Application Load Balancer") */
  countIn(counts: Counts, answered: Answered, { id: listener, loadBalancer }: ListenerConfig): void {
    const count = (metric: string, value = 1) => counts.add(loadBalancer, this.group, metric, value);
    const status = this.status ?? CLIENT_LEFT;
    if (this.rule) {
      const { priority } = this.rule;
      answered.add({ listener, priority, group: this.group, target: this.target?.id }, status >= 500);
    }
    if (this.target) count("RequestCount");
    if (this.#targetStatus !== undefined) {
      count(`HTTPCode_Target_${classOf(this.#targetStatus)}_Count`);
      count("TargetResponseTime", ((this.#returnedAt ?? 0) - (this.#sentAt ?? 0)) / 1000);
      return;
    }
    if (status >= 300) count(`HTTPCode_ELB_${classOf(status)}_Count`);
    if (TOLD_APART.includes(status)) count(`HTTPCode_ELB_${status}_Count`);
    if (this.rule?.action.type === "redirect") count("HTTP_Redirect_Count");
    if (this.rule?.action.type === "fixed-response") count("HTTP_Fixed_Response_Count");
  }

  /** Of a request that has ended. */
  entry(asked: Asked, request: IncomingMessage, response: ServerResponse, listener: ListenerConfig): Entry {
    const { loadBalancer, tls, port } = listener;
    const { headers, httpVersion, httpVersionMajor } = request;
    const connection: Connection = this.#session?.socket ?? request.socket;
    const domain = typeof connection.servername === "string" ? connection.servername : undefined;
    const scheme = tls ? "https" : "http";
    const between = (from: number | undefined, to: number | undefined) =>
      from === undefined || to === undefined ? -1 : to - from;
    return {
      type: this.status === 101 ? (tls ? "wss" : "ws") : httpVersionMajor > 1 ? "h2" : scheme,
      at: new Date(),
      loadBalancer,
      client: `${asked.source}:${asked.sourcePort}`,
      target: this.target?.address,
      requestTime: between(this.#start, this.#sentAt),
      targetTime: between(this.#sentAt, this.#returnedAt),
      responseTime: between(this.#returnedAt, performance.now()),
      status: this.status ?? CLIENT_LEFT,
      targetStatus: this.#targetStatus,
      ...this.#traffic(request, response),
      request: `${asked.method} ${scheme}://${asked.host}:${port}${request.url} HTTP/${httpVersion}`,
      userAgent: headers["user-agent"],
      cipher: tls && connection.getCipher?.().name,
      protocol: tls && (connection.getProtocol?.() ?? undefined),
      group: this.group,
      trace: this.trace,
      domain,
      certificate: tls && certificateFor(tls.certificates, domain ?? "")?.id,
      priority: this.rule?.priority ?? -1,
      arrivedAt: this.#arrivedAt,
      action: this.rule?.action.type ?? "-",
      location: this.rule?.action.type === "redirect" ? String(response.getHeader("location")) : undefined,
    };
  }

  /** What a connection carries for several requests at once (HTTP/2) is told by their lengths, where these are known. */
  #traffic({ socket, httpVersionMajor, headers }: IncomingMessage, response: ServerResponse) {
    if (httpVersionMajor > 1) {
      const length = (value: unknown) => Number(value ?? 0);
      return { received: length(headers["content-length"]), sent: length(response.getHeader("content-length")) };
    }
    const before = LOGGED.get(socket) ?? { read: 0, written: 0 };
    LOGGED.set(socket, { read: socket.bytesRead, written: socket.bytesWritten });
    return { received: socket.bytesRead - before.read, sent: socket.bytesWritten - before.written };
  }
}

/** As metrics tell it: `2XX`. */
function classOf(status: number): string {
  return `${Math.floor(status / 100)}XX`;
}
