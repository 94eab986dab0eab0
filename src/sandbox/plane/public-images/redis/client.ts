import type { Socket } from "node:net";
import { collections } from "./collections.ts";
import { bytes, type Call, type Command, whole } from "./command.ts";
import { keys } from "./keys.ts";
import { Commands, encode, Failure, OK, Pairs, type Reply, Simple } from "./protocol.ts";
import type { Scripts } from "./scripts.ts";
import { sortedSets } from "./sorted-sets.ts";
import type { Database } from "./store.ts";
import { streams } from "./streams.ts";
import { strings } from "./strings.ts";

const DATA: Readonly<Record<string, Command>> = { ...keys, ...strings, ...collections, ...sortedSets, ...streams };

/** Groups of commands that a real one has, and this one has not. */
const LACKING =
  /^(FUNCTION|FCALL|X[A-Z]+|GEO[A-Z]+|PF[A-Z]+|BIT[A-Z_]+|SETBIT|GETBIT|SETRANGE|OBJECT|DUMP|RESTORE|SORT|MIGRATE|WAIT|CLUSTER|ACL|MONITOR|SLOWLOG|LATENCY|MEMORY|REPLICAOF|SLAVEOF|DEBUG|LMPOP|BLMPOP|Z[A-Z]+|BZ[A-Z]+|S[SP][A-Z]+|COPY|EXPIRETIME|PEXPIRETIME|HRANDFIELD|HEXPIRE|HTTL|LCS|SINTERCARD|MODULE|PUBSUB)$/;

/** What a client may do that listens to channels, in RESP2. */
const WHILE_LISTENING = new Set(["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PING", "QUIT", "RESET"]);

/** What a script may ask beside keys and what they hold. */
const OF_SCRIPTS = new Set(["PING", "ECHO", "SELECT", "TIME", "INFO", "PUBLISH", "CONFIG", "FLUSHALL"]);

/** The server, as its clients see it. */
export interface Shared {
  readonly version: string;
  /** Absent: everybody is let in. */
  readonly password: string | undefined;
  readonly scripts: Scripts;
  database(index: number): Database;
  clear(): void;
  /** Calls back with every change of the keys, until the answer is called. */
  watch(index: number, keys: readonly string[], changed: () => void): () => void;
  /** @returns how many heard it */
  publish(channel: string, message: string): number;
  /** CONFIG GET and SET. @throws Failure */
  config(what: string, names: readonly string[]): Reply;
  info(): string;
  forget(client: Client): void;
  stop(): void;
}

type Connection = (args: readonly string[]) => Reply | undefined | Promise<Reply>;

/** One client of the server. */
export class Client {
  readonly id: number;
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly #server: Shared;
  readonly #socket: Socket;
  readonly #commands = new Commands();
  #version: 2 | 3 = 2;
  #database = 0;
  #name = "";
  #isKnown: boolean;
  /** Commands of a MULTI; undefined: there is none. */
  #queue: string[][] | undefined;
  #isSpoiled = false;
  #watched: { isChanged: boolean; end: () => void } | undefined;
  /** One after the other, also where one of them waits. */
  #last: Promise<void> = Promise.resolve();

  constructor(server: Shared, socket: Socket, id: number) {
    this.#server = server;
    this.#socket = socket;
    this.id = id;
    this.#isKnown = server.password === undefined;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (data) => this.#receive(data));
    socket.once("close", () => {
      this.#unwatch();
      server.forget(this);
    });
  }

  #receive(data: Buffer): void {
    try {
      for (const command of this.#commands.read(data)) {
        const words = command.map((word) => word.toString("latin1"));
        this.#last = this.#last.then(() => this.#perform(words));
      }
    } catch (error) {
      this.#socket.end(encode(error as Failure, this.#version));
    }
  }

  async #perform([written = "", ...args]: readonly string[]): Promise<void> {
    const name = written.toUpperCase();
    let reply: Reply | undefined;
    try {
      reply = await this.#replyTo(name, written, args);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (this.#queue) this.#isSpoiled = true;
      reply = error;
    }
    if (reply !== undefined) this.#socket.write(encode(reply, this.#version));
    if (name === "QUIT") this.#socket.end();
  }

  #replyTo(name: string, written: string, args: readonly string[]): Reply | undefined | Promise<Reply> {
    if (!this.#isKnown && !["AUTH", "HELLO", "QUIT", "RESET"].includes(name)) {
      throw new Failure("NOAUTH Authentication required.");
    }
    const isListening = this.channels.size + this.patterns.size > 0;
    if (isListening && this.#version === 2 && !WHILE_LISTENING.has(name)) {
      throw new Failure(
        `ERR Can't execute '${written.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
      );
    }
    if (this.#queue && !["EXEC", "DISCARD", "MULTI", "WATCH", "QUIT"].includes(name)) {
      if (!(name in this.#own)) commandOf(name, written, args);
      this.#queue.push([name, ...args]);
      return new Simple("QUEUED");
    }
    const own = this.#own[name];
    return own ? own(args) : this.#act(name, written, args, false);
  }

  #act(name: string, written: string, args: readonly string[], isInside: boolean): Reply | Promise<Reply> {
    const command = commandOf(name, written, args);
    const call: Call = {
      args,
      database: this.#server.database(this.#database),
      // Within a MULTI nothing waits.
      changed: async (names, seconds) => !isInside && this.#changed(names, seconds),
    };
    return command.act(call);
  }

  #changed(names: readonly string[], seconds: number): Promise<boolean> {
    return new Promise((done) => {
      const end = (isChanged: boolean) => {
        unwatch();
        clearTimeout(timer);
        this.#socket.off("close", gone);
        done(isChanged);
      };
      const gone = () => end(false);
      const unwatch = this.#server.watch(this.#database, names, () => end(true));
      const timer = seconds > 0 ? setTimeout(gone, seconds * 1000) : undefined;
      this.#socket.once("close", gone);
    });
  }

  readonly #own: Readonly<Record<string, Connection>> = {
    PING: ([text]) => {
      const isListening = this.channels.size + this.patterns.size > 0;
      if (isListening && this.#version === 2) return ["pong", bytes(text ?? "")];
      return text === undefined ? new Simple("PONG") : bytes(text);
    },
    ECHO: ([text = ""]) => bytes(text),
    QUIT: () => OK,
    RESET: () => {
      this.#queue = undefined;
      this.#unwatch();
      this.channels.clear();
      this.patterns.clear();
      this.#database = 0;
      this.#version = 2;
      return new Simple("RESET");
    },
    AUTH: (args) => this.#authenticate(args.at(-1) ?? "", args.length > 1 ? args[0] : undefined),
    HELLO: (args) => this.#hello(args),
    SELECT: ([index]) => {
      const number = whole(index);
      if (number < 0 || number > 15) throw new Failure("ERR DB index is out of range");
      this.#database = number;
      return OK;
    },
    CLIENT: ([what = "", value = ""]) => this.#client(what.toUpperCase(), value),
    CONFIG: ([what = "", ...names]) => this.#server.config(what.toUpperCase(), names),
    COMMAND: ([what]) => (what?.toUpperCase() === "COUNT" ? Object.keys(DATA).length : []),
    INFO: () => bytes(this.#server.info()),
    TIME: () => [String(Math.floor(Date.now() / 1000)), String((Date.now() % 1000) * 1000)],
    LASTSAVE: () => Math.floor(Date.now() / 1000),
    SAVE: () => OK,
    BGSAVE: () => new Simple("Background saving started"),
    BGREWRITEAOF: () => new Simple("Background append only file rewriting started"),
    FLUSHALL: () => {
      this.#server.clear();
      return OK;
    },
    SWAPDB: () => OK,
    MULTI: () => {
      if (this.#queue) throw new Failure("ERR MULTI calls can not be nested");
      this.#queue = [];
      this.#isSpoiled = false;
      return OK;
    },
    DISCARD: () => {
      if (!this.#queue) throw new Failure("ERR DISCARD without MULTI");
      this.#queue = undefined;
      this.#unwatch();
      return OK;
    },
    EXEC: () => this.#exec(),
    WATCH: (names) => {
      if (this.#queue) throw new Failure("ERR WATCH inside MULTI is not allowed");
      const watched = this.#watched ?? { isChanged: false, end: () => {} };
      const before = watched.end;
      const end = this.#server.watch(this.#database, names, () => {
        watched.isChanged = true;
      });
      watched.end = () => {
        before();
        end();
      };
      this.#watched = watched;
      return OK;
    },
    UNWATCH: () => {
      this.#unwatch();
      return OK;
    },
    PUBLISH: ([channel = "", message = ""]) => this.#server.publish(channel, message),
    SUBSCRIBE: (names) => this.#listen("subscribe", this.channels, names, true),
    PSUBSCRIBE: (names) => this.#listen("psubscribe", this.patterns, names, true),
    UNSUBSCRIBE: (names) => this.#listen("unsubscribe", this.channels, names, false),
    PUNSUBSCRIBE: (names) => this.#listen("punsubscribe", this.patterns, names, false),
    EVAL: (args) => this.#server.scripts.evaluate(args, this.#inScript),
    EVAL_RO: (args) => this.#server.scripts.evaluate(args, this.#inScript),
    EVALSHA: (args) => this.#server.scripts.evaluateKnown(args, this.#inScript),
    EVALSHA_RO: (args) => this.#server.scripts.evaluateKnown(args, this.#inScript),
    SCRIPT: (args) => this.#server.scripts.manage(args),
    SHUTDOWN: () => {
      this.#server.stop();
      return undefined;
    },
  };

  /** A command of a script, which waits for nothing. */
  readonly #inScript = ([written = "", ...args]: readonly string[]): Reply => {
    const name = written.toUpperCase();
    const own = OF_SCRIPTS.has(name) ? this.#own[name] : undefined;
    if ((!own && name in this.#own) || /^B[LRZ]/.test(name))
      throw new Failure("ERR This Redis command is not allowed from script");
    const reply = own ? own(args) : this.#act(name, written, args, true);
    // None of these waits: what would, answers at once that there is nothing.
    return reply === undefined || reply instanceof Promise ? null : reply;
  };

  #exec(): Promise<Reply> | Reply {
    const queue = this.#queue;
    if (!queue) throw new Failure("ERR EXEC without MULTI");
    const isChanged = this.#watched?.isChanged ?? false;
    this.#queue = undefined;
    this.#unwatch();
    if (this.#isSpoiled) throw new Failure("EXECABORT Transaction discarded because of previous errors.");
    if (isChanged) return null;
    // At once, before anybody else's turn: nothing in it waits.
    const replies = queue.map(([name = "", ...args]): Reply | Promise<Reply> => {
      try {
        const own = this.#own[name];
        return own ? (own(args) ?? null) : this.#act(name, name, args, true);
      } catch (error) {
        if (error instanceof Failure) return error;
        throw error;
      }
    });
    return Promise.all(replies);
  }

  #unwatch(): void {
    this.#watched?.end();
    this.#watched = undefined;
  }

  #authenticate(password: string, user: string | undefined): Reply {
    const { password: right } = this.#server;
    if (right === undefined && user === undefined) {
      throw new Failure(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
      );
    }
    if ((right !== undefined && password !== right) || (user !== undefined && user !== "default")) {
      throw new Failure("WRONGPASS invalid username-password pair or user is disabled.");
    }
    this.#isKnown = true;
    return OK;
  }

  #hello([version, ...options]: readonly string[]): Reply {
    if (version !== undefined && version !== "2" && version !== "3")
      throw new Failure("NOPROTO unsupported protocol version");
    const auth = options.findIndex((one) => one.toUpperCase() === "AUTH");
    if (auth >= 0) this.#authenticate(options[auth + 2] ?? "", options[auth + 1]);
    if (!this.#isKnown) {
      throw new Failure(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
      );
    }
    if (version !== undefined) this.#version = version === "3" ? 3 : 2;
    const entries: [string, Reply][] = [
      ["server", "redis"],
      ["version", this.#server.version],
      ["proto", this.#version],
      ["id", this.id],
      ["mode", "standalone"],
      ["role", "master"],
      ["modules", []],
    ];
    return new Pairs(entries);
  }

  #client(what: string, value: string): Reply {
    if (what === "SETNAME") this.#name = value;
    if (what === "GETNAME") return bytes(this.#name);
    if (what === "ID") return this.id;
    if (what === "LIST" || what === "INFO") return bytes(`id=${this.id} name=${this.#name} db=${this.#database}\n`);
    if (/^(SETNAME|SETINFO|NO-EVICT|NO-TOUCH|REPLY|TRACKING|CACHING)$/.test(what)) return OK;
    throw new Failure(`ERR unknown subcommand '${what}'. Try CLIENT HELP.`);
  }

  #listen(word: string, held: Set<string>, names: readonly string[], isMore: boolean): undefined {
    const meant = isMore || names.length > 0 ? names : [...held];
    if (meant.length === 0) this.push([word, null, this.channels.size + this.patterns.size]);
    for (const name of meant) {
      if (isMore) held.add(name);
      else held.delete(name);
      this.push([word, bytes(name), this.channels.size + this.patterns.size]);
    }
    return undefined;
  }

  /** Tells what nobody asked for. */
  push(message: Reply): void {
    this.#socket.write(encode(message, this.#version, true));
  }
}

/** @throws Failure for a name that there is not, and for too few or too many arguments */
function commandOf(name: string, written: string, args: readonly string[]): Command {
  const command = DATA[name];
  if (!command && LACKING.test(name)) {
    throw new Failure(`ERR bia-infra sandbox: it does not emulate ${name}. On AWS it exists.`);
  }
  if (!command) {
    const first = args.map((arg) => `'${arg}' `).join("");
    throw new Failure(`ERR unknown command '${written}', with args beginning with: ${first}`);
  }
  if (args.length < command.least || args.length > (command.most ?? args.length)) {
    throw new Failure(`ERR wrong number of arguments for '${written.toLowerCase()}' command`);
  }
  return command;
}
