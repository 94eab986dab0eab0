import { createSecureContext, type SecureContext } from "node:tls";
import type { Dispatcher, Pool } from "undici";
import UndiciPool from "undici/lib/dispatcher/pool.js";
import { lookup } from "./lookup.ts";
import { keepPace } from "./pace.ts";
import type { Counting } from "./tally.ts";

/** Milliseconds for a connection, and for a request without a byte of its answer. */
const PATIENCE_MS = 30_000;

/** How a url is reached. */
export interface Connecting {
  /** Certificates of authorities, in PEM, in place of those that Node trusts. */
  readonly ca?: string;
  /** False: whatever certificate there is. */
  readonly rejectUnauthorized?: boolean;
  /** Connections at once; a request that finds them busy waits, and its waiting counts. Default 500. */
  readonly connections?: number;
  /** Milliseconds that an idle connection is kept, unless the server says how long it keeps it. Default 4 s. */
  readonly kept?: number;
}

/** What is asked for a url at a steady pace. */
export interface LoadOptions {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Told of each request, while it goes on. */
  readonly tally: Counting;
  /** Begins no more requests, and gives up those under way, which then count for nothing. */
  readonly signal?: AbortSignal;
}

/** A client that puts load on a url, over connections that are kept. */
export class LoadClient {
  readonly #pool: Pool;
  readonly #path: string;

  constructor(url: URL, { connections = 500, kept = 4000, ...connect }: Connecting = {}) {
    this.#path = url.pathname + url.search;
    this.#pool = new UndiciPool(url.origin, {
      connections,
      connect: { ...contextOf(url, connect), ...connect, lookup, timeout: PATIENCE_MS },
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
      keepAliveTimeout: kept,
    });
  }

  /** Answers once the last request has its answer, or has none; at once, where it is given up. */
  async load({ rate, duration, tally, signal }: LoadOptions): Promise<void> {
    const asked = { method: "GET", path: this.#path, headers: { "user-agent": "bia-infra" } } as const;
    const count = Math.round((rate * duration) / 1000);
    let underWay = 0;
    let allEnded = () => {};
    const ended = (outcome: () => void) => {
      if (!signal?.aborted) outcome();
      underWay -= 1;
      if (underWay === 0) allEnded();
    };
    const begin = (since: number) => {
      tally.began();
      underWay += 1;
      this.#pool.dispatch(asked, new Request(tally, since, ended));
    };
    await keepPace({ rate, count }, begin, signal);
    if (underWay === 0 || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      allEnded = resolve;
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** One for all connections: each would otherwise make its own, which takes longer than the rest of its handshake. */
function contextOf({ protocol }: URL, connect: Connecting): { secureContext?: SecureContext } {
  return protocol === "https:" ? { secureContext: createSecureContext(connect) } : {};
}

/** One request, until its answer is here. */
class Request implements Dispatcher.DispatchHandler {
  readonly #tally: Counting;
  readonly #since: number;
  readonly #ended: (outcome: () => void) => void;
  #status = 0;

  constructor(tally: Counting, since: number, ended: (outcome: () => void) => void) {
    this.#tally = tally;
    this.#since = since;
    this.#ended = ended;
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    this.#ended(() => this.#tally.answered(this.#status, performance.now() - this.#since));
  }

  onResponseError(_: Dispatcher.DispatchController, { code = "", message }: NodeJS.ErrnoException): void {
    // Of a name with several addresses the message is empty.
    this.#ended(() => this.#tally.failed(message || code));
  }
}
