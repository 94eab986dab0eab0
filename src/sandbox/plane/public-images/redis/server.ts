import { createServer, type Server as Listener } from "node:net";
import { Client, type Shared } from "./client.ts";
import { bytes } from "./command.ts";
import { Failure, OK, Pairs, type Reply } from "./protocol.ts";
import { Scripts } from "./scripts.ts";
import { Database, matcher } from "./store.ts";

/** Databases that clients of a port share. */
export class Server implements Shared {
  readonly version: string;
  readonly password: string | undefined;
  readonly scripts = new Scripts();
  readonly #settings: Map<string, string>;
  readonly #databases = new Map<number, Database>();
  readonly #clients = new Set<Client>();
  readonly #watchers = new Set<{ index: number; keys: ReadonlySet<string>; changed: () => void }>();
  #listener: Listener | undefined;
  #ids = 0;

  /** @param settings of the configuration and the command line */
  constructor(version: string, settings: ReadonlyMap<string, string>) {
    this.version = version;
    this.#settings = new Map(settings);
    this.password = settings.get("requirepass") || undefined;
  }

  listen(port: number): Promise<void> {
    return new Promise((done, fail) => {
      this.#listener = createServer((socket) => this.#clients.add(new Client(this, socket, ++this.#ids)))
        .once("error", fail)
        .listen(port, done);
    });
  }

  stop(): void {
    this.#listener?.close();
    process.exit(0);
  }

  forget(client: Client): void {
    this.#clients.delete(client);
  }

  database(index: number): Database {
    const known = this.#databases.get(index);
    if (known) return known;
    const made = new Database();
    made.onChange = (key) => {
      for (const one of [...this.#watchers]) if (one.index === index && one.keys.has(key)) one.changed();
    };
    this.#databases.set(index, made);
    return made;
  }

  clear(): void {
    for (const database of this.#databases.values()) database.clear();
  }

  watch(index: number, keys: readonly string[], changed: () => void): () => void {
    const watcher = { index, keys: new Set(keys), changed };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  publish(channel: string, message: string): number {
    let heard = 0;
    for (const client of this.#clients) {
      if (client.channels.has(channel)) {
        client.push(["message", bytes(channel), bytes(message)]);
        heard++;
      }
      for (const pattern of client.patterns) {
        if (!matcher(pattern)(channel)) continue;
        client.push(["pmessage", bytes(pattern), bytes(channel), bytes(message)]);
        heard++;
      }
    }
    return heard;
  }

  config(what: string, names: readonly string[]): Reply {
    if (what === "SET") {
      for (let at = 0; at < names.length; at += 2) this.#settings.set(names[at] ?? "", names[at + 1] ?? "");
      return OK;
    }
    if (what === "RESETSTAT" || what === "REWRITE") return OK;
    if (what !== "GET") throw new Failure(`ERR unknown subcommand '${what}'. Try CONFIG HELP.`);
    const usual = new Map([
      ["save", ""],
      ["appendonly", "no"],
      ["maxmemory", "0"],
      ["maxmemory-policy", "noeviction"],
      ["databases", "16"],
    ]);
    const all = [...new Map([...usual, ...this.#settings])];
    return new Pairs(all.filter(([name]) => names.some((one) => matcher(one.toLowerCase())(name))));
  }

  info(): string {
    const lines = [
      "# Server",
      `redis_version:${this.version}`,
      "redis_mode:standalone",
      `process_id:${process.pid}`,
      `uptime_in_seconds:${Math.floor(process.uptime())}`,
      "",
      "# Clients",
      `connected_clients:${this.#clients.size}`,
      "",
      "# Memory",
      `used_memory:${process.memoryUsage().heapUsed}`,
      "maxmemory_policy:noeviction",
      "",
      "# Persistence",
      "loading:0",
      "",
      "# Replication",
      "role:master",
      "connected_slaves:0",
      "",
      "# Keyspace",
      ...[...this.#databases].map(
        ([index, database]) => `db${index}:keys=${database.keys().length},expires=0,avg_ttl=0`,
      ),
    ];
    return `${lines.join("\r\n")}\r\n`;
  }
}
