import type { Listened, ListenerConfig } from "../config.ts";
import type { Surroundings } from "./exchange.ts";
import { OpenListener } from "./open-listener.ts";

/** The listeners of all load balancers. */
export class Listeners {
  readonly #around: Surroundings;
  /** By id. */
  readonly #open = new Map<string, OpenListener>();
  /** What was asked before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(around: Omit<Surroundings, "localPort">) {
    this.#around = { ...around, localPort: (loadBalancer, port) => this.#localPort(loadBalancer, port) };
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

  #localPort(loadBalancer: string, port: number): number {
    const of = [...this.#open.values()].find(
      ({ called: { config } }) => config.loadBalancer === loadBalancer && config.port === port,
    );
    return of?.place.port ?? port;
  }
}
