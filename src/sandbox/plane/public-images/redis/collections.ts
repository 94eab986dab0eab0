import {
  bytes,
  bytesOrNull,
  type Call,
  type Commands,
  decimal,
  pairsOf,
  range,
  SYNTAX,
  takes,
  whole,
} from "./command.ts";
import { scanned } from "./keys.ts";
import { Failure, OK, Pairs, type Reply } from "./protocol.ts";
import type { Database } from "./store.ts";

type End = "left" | "right";

function push({ args: [key = "", ...items], database }: Call, end: End, onlyIfThere = false): number {
  if (onlyIfThere && !database.read(key, "list")) return 0;
  return database.change(key, "list", (list) =>
    end === "left" ? list.items.unshift(...items.reverse()) : list.items.push(...items),
  );
}

function popOne(database: Database, key: string, end: End): string | undefined {
  if (!database.read(key, "list")) return undefined;
  return database.change(key, "list", ({ items }) => (end === "left" ? items.shift() : items.pop()));
}

function pop({ args: [key = "", count], database }: Call, end: End): Reply {
  if (count === undefined) return bytesOrNull(popOne(database, key, end));
  if (!database.read(key, "list")) return null;
  const found: Buffer[] = [];
  for (let left = whole(count); left > 0; left--) {
    const item = popOne(database, key, end);
    if (item !== undefined) found.push(bytes(item));
  }
  return found;
}

function move(database: Database, from: string, to: string, take: End, put: End): Reply {
  const item = popOne(database, from, take);
  if (item === undefined) return null;
  database.change(to, "list", ({ items }) => (put === "left" ? items.unshift(item) : items.push(item)));
  return bytes(item);
}

/** Tries until there is something, or the time is over. */
export async function blocking(
  call: Call,
  keys: readonly string[],
  seconds: string | undefined,
  attempt: () => Reply,
): Promise<Reply> {
  const limit = decimal(seconds, "ERR timeout is not a float or out of range");
  const end = Date.now() + limit * 1000;
  for (;;) {
    const found = attempt();
    const left = limit === 0 ? 0 : Math.max(0.001, (end - Date.now()) / 1000);
    if (found !== null) return found;
    if (!(await call.changed(keys, left))) return null;
  }
}

function blockingPop(call: Call, end: End): Promise<Reply> {
  const keys = call.args.slice(0, -1);
  return blocking(call, keys, call.args.at(-1), () => {
    for (const key of keys) {
      const item = popOne(call.database, key, end);
      if (item !== undefined) return [bytes(key), bytes(item)];
    }
    return null;
  });
}

function endOf(word: string | undefined): End {
  if (/^left$/i.test(word ?? "")) return "left";
  if (/^right$/i.test(word ?? "")) return "right";
  throw new Failure(SYNTAX);
}

/** LPOS: where an item stands, from the front, or with a RANK below 0 from the end. */
function positions({ args: [key = "", item = "", ...options], database }: Call): Reply {
  const given = new Map(pairsOf(options, "lpos").map(([name, value]) => [name.toUpperCase(), whole(value)]));
  const rank = given.get("RANK") ?? 1;
  const count = given.get("COUNT");
  const { items = [] } = database.read(key, "list") ?? {};
  const found = items.flatMap((one, at) => (one === item ? [at] : []));
  if (rank < 0) found.reverse();
  const asked = found.slice(Math.abs(rank) - 1);
  return count === undefined ? (asked[0] ?? null) : asked.slice(0, count || undefined);
}

/** https://redis.io/docs/latest/commands/?group=list */
const lists: Commands = {
  LPUSH: takes([2], (call) => push(call, "left")),
  RPUSH: takes([2], (call) => push(call, "right")),
  LPUSHX: takes([2], (call) => push(call, "left", true)),
  RPUSHX: takes([2], (call) => push(call, "right", true)),
  LPOP: takes([1, 2], (call) => pop(call, "left")),
  RPOP: takes([1, 2], (call) => pop(call, "right")),
  BLPOP: takes([2], (call) => blockingPop(call, "left")),
  BRPOP: takes([2], (call) => blockingPop(call, "right")),
  RPOPLPUSH: takes(2, ({ args: [from = "", to = ""], database }) => move(database, from, to, "right", "left")),
  LMOVE: takes(4, ({ args: [from = "", to = "", take, put], database }) =>
    move(database, from, to, endOf(take), endOf(put)),
  ),
  BRPOPLPUSH: takes(3, (call) => {
    const [from = "", to = "", seconds] = call.args;
    return blocking(call, [from], seconds, () => move(call.database, from, to, "right", "left"));
  }),
  BLMOVE: takes(5, (call) => {
    const [from = "", to = "", take, put, seconds] = call.args;
    return blocking(call, [from], seconds, () => move(call.database, from, to, endOf(take), endOf(put)));
  }),
  LLEN: takes(1, ({ args: [key = ""], database }) => database.read(key, "list")?.items.length ?? 0),
  LRANGE: takes(3, ({ args: [key = "", start, stop], database }) => {
    const { items = [] } = database.read(key, "list") ?? {};
    return items.slice(...range(whole(start), whole(stop), items.length)).map(bytes);
  }),
  LINDEX: takes(2, ({ args: [key = "", index], database }) =>
    bytesOrNull(database.read(key, "list")?.items.at(whole(index))),
  ),
  LSET: takes(3, ({ args: [key = "", index, item = ""], database }) => {
    const { items } = database.read(key, "list") ?? {};
    if (!items) throw new Failure("ERR no such key");
    const at = whole(index) < 0 ? items.length + whole(index) : whole(index);
    if (items[at] === undefined) throw new Failure("ERR index out of range");
    return database.change(key, "list", (list) => {
      list.items[at] = item;
      return OK;
    });
  }),
  LREM: takes(3, ({ args: [key = "", count, item = ""], database }) => {
    if (!database.read(key, "list")) return 0;
    return database.change(key, "list", ({ items }) => {
      const most = Math.abs(whole(count)) || items.length;
      let removed = 0;
      for (; removed < most; removed++) {
        const at = whole(count) < 0 ? items.lastIndexOf(item) : items.indexOf(item);
        if (at < 0) break;
        items.splice(at, 1);
      }
      return removed;
    });
  }),
  LINSERT: takes(4, ({ args: [key = "", side, pivot = "", item = ""], database }) => {
    if (!/^(before|after)$/i.test(side ?? "")) throw new Failure(SYNTAX);
    const at = database.read(key, "list")?.items.indexOf(pivot);
    if (at === undefined) return 0;
    if (at < 0) return -1;
    return database.change(key, "list", ({ items }) => {
      items.splice(/^after$/i.test(side ?? "") ? at + 1 : at, 0, item);
      return items.length;
    });
  }),
  LPOS: takes([2], positions),
  LTRIM: takes(3, ({ args: [key = "", start, stop], database }) => {
    if (database.read(key, "list")) {
      database.change(key, "list", ({ items }) => {
        items.splice(0, items.length, ...items.slice(...range(whole(start), whole(stop), items.length)));
      });
    }
    return OK;
  }),
};

function increment(database: Database, key: string, field: string, sum: (now: string) => string): string {
  return database.change(key, "hash", ({ fields }) => {
    const value = sum(fields.get(field) ?? "0");
    fields.set(field, value);
    return value;
  });
}

function setFields({ args: [key = "", ...rest], database }: Call): number {
  const pairs = pairsOf(rest, "hset");
  return database.change(key, "hash", ({ fields }) => {
    const before = fields.size;
    for (const [field, value] of pairs) fields.set(field, value);
    return fields.size - before;
  });
}

function fieldsOf({ args: [key = ""], database }: Call): [string, string][] {
  return [...(database.read(key, "hash")?.fields ?? [])];
}

/** https://redis.io/docs/latest/commands/?group=hash */
const hashes: Commands = {
  HSET: takes([3], setFields),
  HMSET: takes([3], (call) => {
    setFields(call);
    return OK;
  }),
  HSETNX: takes(3, (call) =>
    call.database.read(call.args[0] ?? "", "hash")?.fields.has(call.args[1] ?? "") ? 0 : setFields(call),
  ),
  HGET: takes(2, ({ args: [key = "", field = ""], database }) =>
    bytesOrNull(database.read(key, "hash")?.fields.get(field)),
  ),
  HMGET: takes([2], ({ args: [key = "", ...fields], database }) => {
    const hash = database.read(key, "hash");
    return fields.map((field) => bytesOrNull(hash?.fields.get(field)));
  }),
  HGETALL: takes(1, (call) => new Pairs(fieldsOf(call).map(([field, value]) => [bytes(field), bytes(value)]))),
  HKEYS: takes(1, (call) => fieldsOf(call).map(([field]) => bytes(field))),
  HVALS: takes(1, (call) => fieldsOf(call).map(([, value]) => bytes(value))),
  HLEN: takes(1, (call) => fieldsOf(call).length),
  HEXISTS: takes(2, ({ args: [key = "", field = ""], database }) =>
    database.read(key, "hash")?.fields.has(field) ? 1 : 0,
  ),
  HDEL: takes([2], ({ args: [key = "", ...names], database }) => {
    if (!database.read(key, "hash")) return 0;
    return database.change(key, "hash", ({ fields }) => names.filter((name) => fields.delete(name)).length);
  }),
  HINCRBY: takes(3, ({ args: [key = "", field = "", by], database }) =>
    whole(increment(database, key, field, (now) => String(whole(now, "ERR hash value is not an integer") + whole(by)))),
  ),
  HINCRBYFLOAT: takes(3, ({ args: [key = "", field = "", by], database }) =>
    bytes(increment(database, key, field, (now) => String(decimal(now) + decimal(by)))),
  ),
  HSTRLEN: takes(
    2,
    ({ args: [key = "", field = ""], database }) => database.read(key, "hash")?.fields.get(field)?.length ?? 0,
  ),
  HSCAN: takes([2], (call) => {
    const { matches } = scanned(call.args.slice(2));
    const found = fieldsOf(call).filter(([field]) => matches(field));
    return ["0", found.flatMap(([field, value]) => [bytes(field), bytes(value)])];
  }),
};

function membersOf(database: Database, key: string): Set<string> {
  return database.read(key, "set")?.members ?? new Set();
}

type Join = (sets: readonly Set<string>[]) => string[];

const intersection: Join = ([first = new Set(), ...others]) =>
  [...first].filter((one) => others.every((set) => set.has(one)));
const union: Join = (sets) => [...new Set(sets.flatMap((set) => [...set]))];
const difference: Join = ([first = new Set(), ...others]) =>
  [...first].filter((one) => !others.some((set) => set.has(one)));

function joined(join: Join): Commands[string] {
  return takes([1], ({ args, database }) => join(args.map((key) => membersOf(database, key))).map(bytes));
}

function storing(join: Join): Commands[string] {
  return takes([2], ({ args: [target = "", ...keys], database }) => {
    const members = new Set(join(keys.map((key) => membersOf(database, key))));
    database.delete(target);
    if (members.size > 0) database.set(target, { type: "set", members });
    return members.size;
  });
}

/** https://redis.io/docs/latest/commands/?group=set */
const sets: Commands = {
  SADD: takes([2], ({ args: [key = "", ...items], database }) =>
    database.change(key, "set", ({ members }) => {
      const before = members.size;
      for (const item of items) members.add(item);
      return members.size - before;
    }),
  ),
  SREM: takes([2], ({ args: [key = "", ...items], database }) => {
    if (!database.read(key, "set")) return 0;
    return database.change(key, "set", ({ members }) => items.filter((item) => members.delete(item)).length);
  }),
  SMEMBERS: takes(1, ({ args: [key = ""], database }) => [...membersOf(database, key)].map(bytes)),
  SISMEMBER: takes(2, ({ args: [key = "", item = ""], database }) => (membersOf(database, key).has(item) ? 1 : 0)),
  SMISMEMBER: takes([2], ({ args: [key = "", ...items], database }) =>
    items.map((item) => (membersOf(database, key).has(item) ? 1 : 0)),
  ),
  SCARD: takes(1, ({ args: [key = ""], database }) => membersOf(database, key).size),
  SPOP: takes([1, 2], ({ args: [key = "", count], database }) => {
    const found = [...membersOf(database, key)].slice(0, count === undefined ? 1 : whole(count));
    if (found.length > 0) {
      database.change(key, "set", ({ members }) => {
        for (const item of found) members.delete(item);
      });
    }
    return count === undefined ? bytesOrNull(found[0]) : found.map(bytes);
  }),
  SRANDMEMBER: takes([1, 2], ({ args: [key = "", count], database }) => {
    const all = [...membersOf(database, key)].sort(() => Math.random() - 0.5);
    return count === undefined ? bytesOrNull(all[0]) : all.slice(0, Math.abs(whole(count))).map(bytes);
  }),
  SMOVE: takes(3, ({ args: [from = "", to = "", item = ""], database }) => {
    if (!membersOf(database, from).has(item)) return 0;
    database.change(from, "set", ({ members }) => members.delete(item));
    database.change(to, "set", ({ members }) => members.add(item));
    return 1;
  }),
  SINTER: joined(intersection),
  SUNION: joined(union),
  SDIFF: joined(difference),
  SINTERSTORE: storing(intersection),
  SUNIONSTORE: storing(union),
  SDIFFSTORE: storing(difference),
  SSCAN: takes([2], ({ args: [key = "", , ...options], database }) => [
    "0",
    [...membersOf(database, key)].filter(scanned(options).matches).map(bytes),
  ]),
};

export const collections: Commands = { ...lists, ...hashes, ...sets };
