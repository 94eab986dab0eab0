import { bytes, type Call, type Commands, pairsOf, SYNTAX, takes, whole } from "./command.ts";
import { Failure, Pairs, type Reply } from "./protocol.ts";
import { claimed, pending } from "./streams/claims.ts";
import { changeGroups, existing, readAsGroup } from "./streams/consumers.ts";
import { compare, FIRST, type Id, idOf, LAST, textOf } from "./streams/entry.ts";
import { optionOf, readStreams, shown, streamOf } from "./streams/reading.ts";
import type { Stream } from "./streams/stream.ts";

/** `MAXLEN|MINID [=|~] threshold [LIMIT count]`, at the start of `words`. @returns how many words that were, and the deed */
function trimmer(words: readonly string[]): { size: number; trim: (stream: Stream) => number } {
  const how = (words[0] ?? "").toUpperCase();
  const sign = /^[=~]$/.test(words[1] ?? "") ? 1 : 0;
  const threshold = words[1 + sign] ?? "";
  const limit = words[2 + sign]?.toUpperCase() === "LIMIT" ? 2 : 0;
  const size = 2 + sign + limit;
  if (how === "MINID") {
    const least = idOf(threshold);
    return { size, trim: (stream) => stream.keep(({ id }) => compare(id, least) >= 0) };
  }
  const most = whole(threshold);
  return { size, trim: (stream) => stream.keep((_, at) => at >= stream.entries.length - most) };
}

function add({ args: [key = "", ...rest], database }: Call): Reply {
  let at = 0;
  let trim: ((stream: Stream) => number) | undefined;
  let isMade = true;
  for (let word = rest[at]; /^(NOMKSTREAM|MAXLEN|MINID)$/i.test(word ?? ""); word = rest[at]) {
    if (/^NOMKSTREAM$/i.test(word ?? "")) {
      isMade = false;
      at++;
    } else {
      const found = trimmer(rest.slice(at));
      trim = found.trim;
      at += found.size;
    }
  }
  const [id = "", ...fields] = rest.slice(at);
  if (fields.length === 0) throw new Failure("ERR wrong number of arguments for 'xadd' command");
  pairsOf(fields, "xadd");
  if (!isMade && !streamOf(database, key)) return null;
  return database.change(key, "stream", ({ stream }) => {
    const added = stream.add(id, fields);
    trim?.(stream);
    return textOf(added);
  });
}

/** `-`, `+`, an id, and `(id` without it itself. */
function boundOf(text: string, side: "start" | "end"): Id {
  if (text === "-") return FIRST;
  if (text === "+") return LAST;
  const isOpen = text.startsWith("(");
  const id = idOf(isOpen ? text.slice(1) : text, side === "end" ? LAST.number : 0);
  if (!isOpen) return id;
  return { time: id.time, number: id.number + (side === "start" ? 1 : -1) };
}

function inRange({ args: [key = "", ...bounds], database }: Call, isReversed: boolean): Reply {
  const [start = "", end = ""] = isReversed ? [bounds[1], bounds[0]] : bounds;
  const found = streamOf(database, key)?.between(boundOf(start, "start"), boundOf(end, "end")) ?? [];
  if (isReversed) found.reverse();
  return shown(found.slice(0, optionOf(bounds.slice(2), "COUNT")));
}

function remove({ args: [key = "", ...ids], database }: Call): number {
  const gone = new Set(ids.map((id) => textOf(idOf(id))));
  if (!streamOf(database, key)) return 0;
  return database.change(key, "stream", ({ stream }) => stream.keep(({ id }) => !gone.has(textOf(id))));
}

function read(call: Call): Reply | Promise<Reply> {
  // `$` is what is the last one now, also after a wait.
  const at = call.args.findIndex((one) => one.toUpperCase() === "STREAMS");
  const half = (call.args.length - at - 1) / 2;
  const options = call.args.map((word, place) => {
    if (word !== "$" || at < 0) return word;
    return textOf(streamOf(call.database, call.args[place - half] ?? "")?.last ?? FIRST);
  });
  return readStreams(call, options, (key, from, count) => {
    const entries = streamOf(call.database, key)?.after(idOf(from)).slice(0, count) ?? [];
    return entries.length > 0 ? shown(entries) : undefined;
  });
}

function described({ args: [what = "", key = "", name = ""], database }: Call): Reply {
  const stream = streamOf(database, key);
  if (!stream) throw new Failure("ERR no such key");
  const word = what.toUpperCase();
  if (word === "GROUPS") {
    return [...stream.groups].map(
      ([one, group]) =>
        new Pairs([
          ["name", bytes(one)],
          ["consumers", group.consumers.size],
          ["pending", group.pending.size],
          ["last-delivered-id", textOf(group.last)],
          ["entries-read", null],
          ["lag", stream.after(group.last).length],
        ]),
    );
  }
  if (word === "CONSUMERS") {
    const group = existing(database, key, name);
    return [...group.consumers].map(
      ([one, seen]) =>
        new Pairs([
          ["name", bytes(one)],
          ["pending", group.waiting(one).length],
          ["idle", Date.now() - seen],
          ["inactive", Date.now() - seen],
        ]),
    );
  }
  if (word !== "STREAM") throw new Failure(SYNTAX);
  const ends = [stream.entries[0], stream.entries.at(-1)].map((entry) =>
    entry ? (shown([entry]) as Reply[])[0] : null,
  );
  return new Pairs([
    ["length", stream.entries.length],
    ["radix-tree-keys", 1],
    ["radix-tree-nodes", 2],
    ["last-generated-id", textOf(stream.last)],
    ["max-deleted-entry-id", textOf(FIRST)],
    ["entries-added", stream.added],
    ["groups", stream.groups.size],
    ["first-entry", ends[0] ?? null],
    ["last-entry", ends[1] ?? null],
  ]);
}

/** https://redis.io/docs/latest/commands/?group=stream */
export const streams: Commands = {
  XADD: takes([4], add),
  XLEN: takes(1, ({ args: [key = ""], database }) => streamOf(database, key)?.entries.length ?? 0),
  XRANGE: takes([3, 5], (call) => inRange(call, false)),
  XREVRANGE: takes([3, 5], (call) => inRange(call, true)),
  XDEL: takes([2], remove),
  XTRIM: takes([3], ({ args: [key = "", ...words], database }) => {
    const { trim } = trimmer(words);
    return streamOf(database, key) ? database.change(key, "stream", ({ stream }) => trim(stream)) : 0;
  }),
  XREAD: takes([3], read),
  XINFO: takes([2], described),
  XGROUP: takes([2], changeGroups),
  XREADGROUP: takes([6], readAsGroup),
  XACK: takes([3], ({ args: [key = "", name = "", ...ids], database }) => {
    const group = streamOf(database, key)?.groups.get(name);
    return ids.filter((id) => group?.pending.delete(textOf(idOf(id)))).length;
  }),
  XPENDING: takes([2], pending),
  XCLAIM: takes([5], (call) => claimed(call, "named")),
  XAUTOCLAIM: takes([5], (call) => claimed(call, "idle")),
};
