/** What a client is answered, before it is written in RESP (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export type Reply = null | number | string | Buffer | Simple | Failure | Pairs | readonly Reply[];

/** A status: `OK`. */
export class Simple {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const OK = new Simple("OK");

/** An error, with its code before it: `WRONGTYPE ...`. */
export class Failure extends Error {}

/** A map in RESP3, and in RESP2 a list: flat, or of pairs. */
export class Pairs {
  readonly entries: readonly (readonly [Reply, Reply])[];
  /** As RESP2 and scripts see it. */
  readonly list: readonly Reply[];

  constructor(entries: readonly (readonly [Reply, Reply])[], inResp2: "flat" | "pairs" = "flat") {
    this.entries = entries;
    this.list = inResp2 === "flat" ? entries.flat() : entries;
  }
}

/** A reply as bytes. `isPush`: nobody asked for it, which RESP3 shows. */
export function encode(reply: Reply, version: 2 | 3, isPush = false): Buffer {
  if (reply === null) return Buffer.from(version === 3 ? "_\r\n" : "$-1\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (reply instanceof Simple) return Buffer.from(`+${reply.text}\r\n`);
  if (reply instanceof Failure) return Buffer.from(`-${reply.message}\r\n`);
  if (reply instanceof Pairs) {
    if (version === 2) return encode(reply.list, version);
    const flat = reply.entries.flat();
    return Buffer.concat([Buffer.from(`%${reply.entries.length}\r\n`), ...flat.map((one) => encode(one, version))]);
  }
  if (typeof reply === "string" || Buffer.isBuffer(reply)) {
    const bytes = Buffer.from(reply as string);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
  }
  const sign = isPush && version === 3 ? ">" : "*";
  return Buffer.concat([Buffer.from(`${sign}${reply.length}\r\n`), ...reply.map((one) => encode(one, version))]);
}

/** Takes the bytes of a client apart into commands. */
export class Commands {
  #rest: Buffer = Buffer.alloc(0);

  /** The commands that are complete with these bytes. @throws Failure for what is no command */
  read(bytes: Buffer): Buffer[][] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const found: Buffer[][] = [];
    for (;;) {
      const command = this.#next();
      if (!command) return found;
      if (command.length > 0) found.push(command);
    }
  }

  #next(): Buffer[] | undefined {
    const end = this.#rest.indexOf("\r\n");
    if (end < 0) return undefined;
    const line = this.#rest.toString("latin1", 0, end);
    if (!line.startsWith("*")) {
      this.#rest = this.#rest.subarray(end + 2);
      return line
        .split(/\s+/)
        .filter((word) => word !== "")
        .map((word) => Buffer.from(word, "latin1"));
    }
    const words: Buffer[] = [];
    let at = end + 2;
    for (let left = Number(line.slice(1)); left > 0; left--) {
      const close = this.#rest.indexOf("\r\n", at);
      if (close < 0) return undefined;
      if (this.#rest[at] !== 36) throw new Failure("ERR Protocol error: expected '$'");
      const length = Number(this.#rest.toString("latin1", at + 1, close));
      if (this.#rest.length < close + 2 + length + 2) return undefined;
      words.push(this.#rest.subarray(close + 2, close + 2 + length));
      at = close + 2 + length + 2;
    }
    this.#rest = this.#rest.subarray(at);
    return words;
  }
}

/** What a server answers, as far as it is complete; for redis-cli. @returns the reply and the bytes that it took */
export function decode(bytes: Buffer): { readonly reply: Reply; readonly size: number } | undefined {
  const end = bytes.indexOf("\r\n");
  if (end < 0) return undefined;
  const line = bytes.toString("utf8", 1, end);
  const size = end + 2;
  const sign = String.fromCharCode(bytes[0] ?? 0);
  if (sign === "+") return { reply: new Simple(line), size };
  if (sign === "-") return { reply: new Failure(line), size };
  if (sign === ":") return { reply: Number(line), size };
  const length = Number(line);
  if (length < 0) return { reply: null, size };
  if (sign === "$") {
    if (bytes.length < size + length + 2) return undefined;
    return { reply: Buffer.from(bytes.subarray(size, size + length)), size: size + length + 2 };
  }
  const items: Reply[] = [];
  let at = size;
  for (let left = length; left > 0; left--) {
    const item = decode(bytes.subarray(at));
    if (!item) return undefined;
    items.push(item.reply);
    at += item.size;
  }
  return { reply: items, size: at };
}
