import type { IncomingMessage } from "node:http";
import { type Duplex, PassThrough, type Readable, Writable } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A terminal in the page, as programs know the one that they are started in. */
export interface PageTerminal {
  readonly stdin: Readable & { readonly isTTY: true };
  /** Emits `resize` when the terminal has become wider or higher, or less so. */
  readonly stdout: Writable & { readonly isTTY: true; readonly columns: number; readonly rows: number };
  readonly stderr: Writable;
}

/** Lets somebody work in a terminal; resolves when that is over. The signal is aborted when the page is closed. */
export type OpenTerminal = (place: string, terminal: PageTerminal, signal: AbortSignal) => Promise<void>;

/** Bytes of a message: what is pasted may be long. */
const LARGEST_MESSAGE = 256 * 1024;
/** Bytes that a page may leave unread before it is given up. */
const MOST_UNREAD = 32 * 1024 * 1024;
/** WebSocket's codes: it is over, and for what cannot be taken, or not read (RFC 6455, 7.4.1). */
const CODES = { over: 1000, unsupported: 1003, tooMuch: 1008 } as const;

/** The terminals of a server's pages, each on a WebSocket of its own. */
export class Terminals {
  readonly #open: OpenTerminal;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });

  constructor(open: OpenTerminal) {
    this.#open = open;
  }

  /** Makes a request that was let in a terminal on a place. */
  take(place: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const ended = new AbortController();
      client.on("error", () => client.terminate());
      client.once("close", () => ended.abort(new Error("the terminal was closed")));
      const terminal = terminalOn(client);
      this.#open(place, terminal, ended.signal)
        .catch((error: Error) => terminal.stderr.write(`\x1b[31m${error.message}\x1b[0m\n`))
        .finally(() => terminal.stdout.end(() => client.close(CODES.over)));
    });
  }

  close(): void {
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
  }
}

/** What is said in a message: typed text, or the terminal's size in characters. */
type Said = { readonly text: string } | { readonly columns: number; readonly rows: number };

function terminalOn(client: WebSocket): PageTerminal {
  const stdin = Object.assign(new PassThrough(), { isTTY: true as const });
  const size = { columns: 80, rows: 24 };
  const stdout = Object.assign(written(client), { isTTY: true as const, ...size });
  client.on("message", (data: Buffer) => {
    const said = saidIn(data);
    if (!said) client.close(CODES.unsupported);
    else if ("text" in said) stdin.write(said.text);
    else {
      Object.assign(stdout, said);
      stdout.emit("resize");
    }
  });
  client.once("close", () => stdin.end());
  return { stdin, stdout, stderr: stdout };
}

function written(client: WebSocket): Writable {
  return new Writable({
    decodeStrings: false,
    defaultEncoding: "utf8",
    write(text: string | Buffer, _encoding, done) {
      if (client.readyState !== client.OPEN) return done();
      if (client.bufferedAmount > MOST_UNREAD) client.close(CODES.tooMuch, "the page does not read");
      else client.send(text.toString());
      done();
    },
  });
}

/** Undefined: it is nothing that the page says. */
function saidIn(data: Buffer): Said | undefined {
  try {
    const { text, columns, rows } = JSON.parse(data.toString()) as Record<string, unknown>;
    if (typeof text === "string") return { text };
    if (isLength(columns) && isLength(rows)) return { columns, rows };
  } catch {
    // Answered below.
  }
  return undefined;
}

function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 1000;
}
