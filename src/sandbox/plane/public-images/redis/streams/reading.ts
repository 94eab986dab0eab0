import { blocking } from "../collections.ts";
import { bytes, type Call, SYNTAX, whole } from "../command.ts";
import { Failure, Pairs, type Reply } from "../protocol.ts";
import type { Database } from "../store.ts";
import { type Entry, textOf } from "./entry.ts";
import type { Stream } from "./stream.ts";

export function streamOf(database: Database, key: string): Stream | undefined {
  return database.read(key, "stream")?.stream;
}

export function shown(entries: readonly Entry[]): Reply {
  return entries.map(({ id, fields }) => [textOf(id), fields.map(bytes)]);
}

/** What is read of one stream; undefined: nothing yet. */
type Read = (key: string, from: string, count: number | undefined) => Reply | undefined;

/** `[COUNT n] [BLOCK milliseconds] STREAMS key ... id ...` of XREAD and XREADGROUP. @throws Failure */
export function readStreams(call: Call, options: readonly string[], read: Read): Reply | Promise<Reply> {
  const at = options.findIndex((one) => one.toUpperCase() === "STREAMS");
  const names = options.slice(at + 1);
  if (at < 0 || names.length === 0) throw new Failure(SYNTAX);
  if (names.length % 2 !== 0) {
    throw new Failure(
      "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified.",
    );
  }
  const keys = names.slice(0, names.length / 2);
  const froms = names.slice(names.length / 2);
  const count = optionOf(options.slice(0, at), "COUNT");
  const block = optionOf(options.slice(0, at), "BLOCK");
  const attempt = (): Reply => {
    const found = keys.flatMap((key, place): [Reply, Reply][] => {
      const entries = read(key, froms[place] ?? "", count);
      return entries === undefined ? [] : [[bytes(key), entries]];
    });
    return found.length > 0 ? new Pairs(found, "pairs") : null;
  };
  return block === undefined ? attempt() : blocking(call, keys, String(block / 1000), attempt);
}

/** The number after a word; undefined: it is not there. @throws Failure */
export function optionOf(options: readonly string[], name: string): number | undefined {
  const at = options.findIndex((one) => one.toUpperCase() === name);
  return at < 0 ? undefined : whole(options[at + 1]);
}
