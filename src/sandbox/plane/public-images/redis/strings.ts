import { bytes, bytesOrNull, type Commands, decimal, pairsOf, range, SYNTAX, takes, whole } from "./command.ts";
import { Failure, OK, type Reply } from "./protocol.ts";
import type { Database } from "./store.ts";

function add(database: Database, key: string, by: number): number {
  const { text = "0" } = database.read(key, "string") ?? {};
  const value = whole(text) + by;
  const until = database.untilOf(key);
  database.set(key, { type: "string", text: String(value) }, until);
  return value;
}

const INVALID_EXPIRY = (command: string) => `ERR invalid expire time in '${command}' command`;

/** Milliseconds since 1970 of EX, PX, EXAT and PXAT. */
function untilOf(option: string, time: string | undefined, command: string): number {
  const amount = whole(time);
  if (amount <= 0) throw new Failure(INVALID_EXPIRY(command));
  const milliseconds = option.startsWith("P") ? amount : amount * 1000;
  return option.endsWith("AT") ? milliseconds : Date.now() + milliseconds;
}

function set(database: Database, [key = "", text = "", ...options]: readonly string[]): Reply {
  const has = new Set<string>();
  let until: number | undefined;
  for (let at = 0; at < options.length; at++) {
    const option = (options[at] ?? "").toUpperCase();
    if (/^(EX|PX|EXAT|PXAT)$/.test(option)) until = untilOf(option, options[++at], "set");
    else if (/^(NX|XX|GET|KEEPTTL)$/.test(option)) has.add(option);
    else throw new Failure(SYNTAX);
  }
  const before = has.has("GET") ? database.read(key, "string") : database.get(key);
  const old = has.has("GET") ? bytesOrNull(database.read(key, "string")?.text) : null;
  if ((has.has("NX") && before) || (has.has("XX") && !before)) return old;
  database.set(key, { type: "string", text }, has.has("KEEPTTL") ? database.untilOf(key) : until);
  return has.has("GET") ? old : OK;
}

function setAt(database: Database, key: string, seconds: string, text: string, option: "EX" | "PX"): Reply {
  database.set(key, { type: "string", text }, untilOf(option, seconds, option === "EX" ? "setex" : "psetex"));
  return OK;
}

/** https://redis.io/docs/latest/commands/?group=string */
export const strings: Commands = {
  GET: takes(1, ({ args: [key = ""], database }) => bytesOrNull(database.read(key, "string")?.text)),
  SET: takes([2], ({ args, database }) => set(database, args)),
  SETNX: takes(2, ({ args: [key = "", text = ""], database }) => (set(database, [key, text, "NX"]) === OK ? 1 : 0)),
  SETEX: takes(3, ({ args: [key = "", time = "", text = ""], database }) => setAt(database, key, time, text, "EX")),
  PSETEX: takes(3, ({ args: [key = "", time = "", text = ""], database }) => setAt(database, key, time, text, "PX")),
  GETSET: takes(2, ({ args: [key = "", text = ""], database }) => set(database, [key, text, "GET"])),
  GETDEL: takes(1, ({ args: [key = ""], database }) => {
    const value = database.read(key, "string");
    database.delete(key);
    return bytesOrNull(value?.text);
  }),
  GETEX: takes([1, 3], ({ args: [key = "", option = "", time], database }) => {
    const value = database.read(key, "string");
    if (value && option !== "") {
      database.expire(key, /^persist$/i.test(option) ? undefined : untilOf(option.toUpperCase(), time, "getex"));
    }
    return bytesOrNull(value?.text);
  }),
  MGET: takes([1], ({ args, database }) =>
    args.map((key) => {
      const value = database.get(key);
      return value?.type === "string" ? bytes(value.text) : null;
    }),
  ),
  MSET: takes([2], ({ args, database }) => {
    for (const [key, text] of pairsOf(args, "mset")) database.set(key, { type: "string", text });
    return OK;
  }),
  MSETNX: takes([2], ({ args, database }) => {
    const pairs = pairsOf(args, "msetnx");
    if (pairs.some(([key]) => database.get(key))) return 0;
    for (const [key, text] of pairs) database.set(key, { type: "string", text });
    return 1;
  }),
  INCR: takes(1, ({ args: [key = ""], database }) => add(database, key, 1)),
  DECR: takes(1, ({ args: [key = ""], database }) => add(database, key, -1)),
  INCRBY: takes(2, ({ args: [key = "", by], database }) => add(database, key, whole(by))),
  DECRBY: takes(2, ({ args: [key = "", by], database }) => add(database, key, -whole(by))),
  INCRBYFLOAT: takes(2, ({ args: [key = "", by], database }) => {
    const { text = "0" } = database.read(key, "string") ?? {};
    const value = String(decimal(text) + decimal(by));
    database.set(key, { type: "string", text: value }, database.untilOf(key));
    return bytes(value);
  }),
  APPEND: takes(2, ({ args: [key = "", more = ""], database }) =>
    database.change(key, "string", (value) => {
      value.text += more;
      return value.text.length;
    }),
  ),
  STRLEN: takes(1, ({ args: [key = ""], database }) => database.read(key, "string")?.text.length ?? 0),
  GETRANGE: takes(3, ({ args: [key = "", start, stop], database }) => {
    const { text = "" } = database.read(key, "string") ?? {};
    return bytes(text.slice(...range(whole(start), whole(stop), text.length)));
  }),
};
