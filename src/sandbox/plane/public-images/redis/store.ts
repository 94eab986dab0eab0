import { Failure } from "./protocol.ts";
import { Stream } from "./streams/stream.ts";

/** What a key holds. Its bytes are kept as latin1 texts, which compare and split as they do. */
export type Value =
  | { readonly type: "string"; text: string }
  | { readonly type: "list"; readonly items: string[] }
  | { readonly type: "hash"; readonly fields: Map<string, string> }
  | { readonly type: "set"; readonly members: Set<string> }
  | { readonly type: "zset"; readonly scores: Map<string, number> }
  | { readonly type: "stream"; readonly stream: Stream };

type Of<Type extends Value["type"]> = Extract<Value, { type: Type }>;

const EMPTY: { readonly [Type in Value["type"]]: () => Of<Type> } = {
  string: () => ({ type: "string", text: "" }),
  list: () => ({ type: "list", items: [] }),
  hash: () => ({ type: "hash", fields: new Map() }),
  set: () => ({ type: "set", members: new Set() }),
  zset: () => ({ type: "zset", scores: new Map() }),
  stream: () => ({ type: "stream", stream: new Stream() }),
};

/** One database: keys, what they hold, and until when. */
export class Database {
  readonly #values = new Map<string, Value>();
  /** Milliseconds since 1970. */
  readonly #until = new Map<string, number>();
  /** Called with each key that is changed, also by its time running out. */
  onChange: (key: string) => void = () => {};

  /** Undefined: there is no such key, or not any more. */
  get(key: string): Value | undefined {
    const until = this.#until.get(key);
    if (until !== undefined && until <= Date.now()) this.delete(key);
    return this.#values.get(key);
  }

  /** @throws Failure if the key holds something else */
  read<Type extends Value["type"]>(key: string, type: Type): Of<Type> | undefined {
    const value = this.get(key);
    if (value === undefined || value.type === type) return value as Of<Type> | undefined;
    throw new Failure("WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  /** What the key holds, to be changed; a key that is left empty is gone afterwards. */
  change<Type extends Value["type"], Result>(key: string, type: Type, act: (value: Of<Type>) => Result): Result {
    const value = this.read(key, type) ?? EMPTY[type]();
    const result = act(value);
    if (sizeOf(value) === 0) this.delete(key);
    else {
      this.#values.set(key, value);
      this.onChange(key);
    }
    return result;
  }

  /** @param until milliseconds since 1970; undefined: for ever */
  set(key: string, value: Value, until?: number): void {
    this.#values.set(key, value);
    this.expire(key, until);
  }

  expire(key: string, until: number | undefined): void {
    if (until === undefined) this.#until.delete(key);
    else this.#until.set(key, until);
    this.onChange(key);
  }

  untilOf(key: string): number | undefined {
    return this.#until.get(key);
  }

  delete(key: string): boolean {
    this.#until.delete(key);
    const was = this.#values.delete(key);
    if (was) this.onChange(key);
    return was;
  }

  keys(): string[] {
    return [...this.#values.keys()].filter((key) => this.get(key) !== undefined);
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }
}

/** Of a string and a stream: one, because empty ones are there. */
export function sizeOf(value: Value): number {
  if (value.type === "list") return value.items.length;
  if (value.type === "hash") return value.fields.size;
  if (value.type === "set") return value.members.size;
  return value.type === "zset" ? value.scores.size : 1;
}

/** A pattern of KEYS, SCAN and PSUBSCRIBE. */
export function matcher(pattern: string): (text: string) => boolean {
  const source = pattern.replace(
    /\\(.)|(\[\^?[^\]]*\])|([*?])|([.+^${}()|[\]\\/])/g,
    (_, escaped, group, star, sign) => {
      if (escaped !== undefined) return `\\${escaped}`;
      return group ?? (star === "*" ? "[\\s\\S]*" : star === "?" ? "[\\s\\S]" : `\\${sign}`);
    },
  );
  const test = new RegExp(`^${source}$`);
  return (text) => test.test(text);
}
