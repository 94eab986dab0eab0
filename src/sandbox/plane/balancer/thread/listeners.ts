import { createServer, type RequestListener, type Server } from "node:http";
import { type Listening, listen } from "../../listen.ts";
import type { Listened, ListenerConfig } from "../config.ts";
import { Exchange, type Surroundings } from "./exchange.ts";

/** Clients of one listener at once. */
const MOST_CLIENTS = 20_000;

/** Milliseconds that a client may be silent longer than its target, so that it is told of the target's silence. */
const GRACE_MS = 500;

/** The listeners of all load balancers. */
export class Listeners {
  readonly #around: Surroundings;
  /** By id. */
  readonly #open = new Map<string, OpenListener>();
  /** What was asked before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Opens, changes and closes listeners so that they are these. */
  configure(configs: readonly ListenerConfig[]): Promise<Listened> {
    const turn = this.#last.then(() => this.#configure(configs));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #configure(configs: readonly ListenerConfig[]): Promise<Listened> {
    const wanted = new Map(configs.map((config) => [config.id, config]));
    for (const [id, open] of this.#open) {
      const config = wanted.get(id);
      if (config && open.takes(config)) continue;
      this.#open.delete(id);
      await open.close();
    }
    for (const config of configs) {
      if (this.#open.has(config.id)) continue;
      const open = await OpenListener.open(config, this.#around);
      if (open) this.#open.set(config.id, open);
    }
    return Object.fromEntries(configs.map(({ id }) => [id, this.#open.get(id)?.place]));
  }
}

/** A listener that has its port. */
class OpenListener {
  readonly #listening: Listening;
  readonly #server: Server;
  #config: ListenerConfig;

  private constructor(server: Server, listening: Listening, config: ListenerConfig) {
    this.#server = server;
    this.#listening = listening;
    this.#config = config;
    this.takes(config);
  }

  /** Undefined: none of its ports can be had. */
  static async open(config: ListenerConfig, around: Surroundings): Promise<OpenListener | undefined> {
    const served: { by?: OpenListener } = {};
    const serve: RequestListener = (request, response) => {
      new Exchange(request, response, served.by?.config ?? config, around).run();
    };
    const server = createServer({ noDelay: true, requestTimeout: 0 }, serve);
    for (const port of config.ports) {
      try {
        const listening = await listen(server, { address: config.address, port, most: MOST_CLIENTS, isPublic: true });
        served.by = new OpenListener(server, listening, config);
        return served.by;
      } catch (error) {
        if (!["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    }
    return undefined;
  }

  get config(): ListenerConfig {
    return this.#config;
  }

  get place() {
    const { address, port } = this.#listening;
    return { host: address, port };
  }

  /** Serves by a new configuration; false: it takes another server for that. */
  takes(config: ListenerConfig): boolean {
    const { protocol, address, port, idleTimeout } = config;
    const now = this.#config;
    if (protocol !== now.protocol || address !== now.address || port !== now.port) return false;
    this.#config = config;
    this.#server.keepAliveTimeout = idleTimeout;
    this.#server.timeout = idleTimeout + GRACE_MS;
    return true;
  }

  close(): Promise<void> {
    return this.#listening.close();
  }
}
