import { Failure, type Reply } from "./protocol.ts";
import type { Database } from "./store.ts";

/** What a command sees. Its arguments are bytes as latin1 texts, without its name. */
export interface Call {
  readonly args: readonly string[];
  readonly database: Database;
  /** Resolves when one of the keys has changed; false: the time is over, or the client is gone. 0 seconds: for ever. */
  readonly changed: (keys: readonly string[], seconds: number) => Promise<boolean>;
}

export interface Command {
  readonly least: number;
  /** Absent: any number of them. */
  readonly most?: number;
  readonly act: (call: Call) => Reply | Promise<Reply>;
}

export type Commands = Readonly<Record<string, Command>>;

/** A command with so many arguments: `2`, or `[2, 4]`, or `[1]` and more. */
export function takes(count: number | readonly [number, number?], act: Command["act"]): Command {
  if (typeof count === "number") return { least: count, most: count, act };
  const [least, most] = count;
  return { least, ...(most !== undefined && { most }), act };
}

export const NOT_WHOLE = "ERR value is not an integer or out of range";

/** @throws Failure */
export function whole(text: string | undefined, why = NOT_WHOLE): number {
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) throw new Failure(why);
  return Number(text);
}

/** @throws Failure */
export function decimal(text: string | undefined, why = "ERR value is not a valid float"): number {
  const value = /^[+-]?inf$/i.test(text ?? "")
    ? (text?.startsWith("-") ? -1 : 1) * Number.POSITIVE_INFINITY
    : Number(text === "" ? Number.NaN : text);
  if (Number.isNaN(value)) throw new Failure(why);
  return value;
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export function bytesOrNull(text: string | undefined): Buffer | null {
  return text === undefined ? null : bytes(text);
}

export const SYNTAX = "ERR syntax error";

/** `start` and `stop` of LRANGE and the like, which count from the end where they are negative. */
export function range(start: number, stop: number, length: number): [from: number, to: number] {
  const place = (index: number) => (index < 0 ? Math.max(0, length + index) : index);
  return [place(start), stop < 0 ? length + stop + 1 : stop + 1];
}

/** `name value` pairs. @throws Failure where one is lacking */
export function pairsOf(args: readonly string[], command: string): [string, string][] {
  if (args.length % 2 !== 0) throw new Failure(`ERR wrong number of arguments for '${command}' command`);
  return args.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, args[at + 1] ?? ""]] : []));
}
