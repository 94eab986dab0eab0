import { bytes, type Call, type Commands, SYNTAX, takes, whole } from "./command.ts";
import { Failure, OK, type Reply, Simple } from "./protocol.ts";
import { matcher } from "./store.ts";

/** EXPIRE and the like, of a time in milliseconds since 1970. */
function expire({ args: [key = "", , option = ""], database }: Call, until: number): number {
  if (!database.get(key)) return 0;
  const now = database.untilOf(key);
  const test = option.toUpperCase();
  if (test === "NX" && now !== undefined) return 0;
  if (test === "XX" && now === undefined) return 0;
  if (test === "GT" && (now === undefined || until <= now)) return 0;
  if (test === "LT" && now !== undefined && until >= now) return 0;
  if (until <= Date.now()) database.delete(key);
  else database.expire(key, until);
  return 1;
}

/** -2: there is no such key; -1: it stays for ever. */
function left({ args: [key = ""], database }: Call): number {
  if (!database.get(key)) return -2;
  const until = database.untilOf(key);
  return until === undefined ? -1 : until - Date.now();
}

function inSeconds(milliseconds: number): number {
  return milliseconds < 0 ? milliseconds : Math.round(milliseconds / 1000);
}

function rename({ args: [from = "", to = ""], database }: Call, isFree: boolean): Reply {
  const value = database.get(from);
  if (!value) throw new Failure("ERR no such key");
  if (isFree && database.get(to)) return 0;
  const until = database.untilOf(from);
  database.delete(from);
  database.set(to, value, until);
  return isFree ? 1 : OK;
}

function count({ args, database }: Call, test: (key: string) => boolean): number {
  return args.filter((key) => database.get(key) !== undefined && test(key)).length;
}

/** The options of SCAN, HSCAN, SSCAN and ZSCAN: all is found at once, so that the cursor is always 0. */
export function scanned(options: readonly string[]): { matches: (text: string) => boolean; type: string | undefined } {
  let matches = (_: string) => true;
  let type: string | undefined;
  for (let at = 0; at < options.length; at += 2) {
    const [option = "", value = ""] = options.slice(at, at + 2);
    if (/^match$/i.test(option)) matches = matcher(value);
    else if (/^type$/i.test(option)) type = value.toLowerCase();
    else if (!/^count$/i.test(option)) throw new Failure(SYNTAX);
  }
  return { matches, type };
}

/** https://redis.io/docs/latest/commands/?group=generic */
export const keys: Commands = {
  DEL: takes([1], (call) => count(call, (key) => call.database.delete(key))),
  UNLINK: takes([1], (call) => count(call, (key) => call.database.delete(key))),
  EXISTS: takes([1], (call) => count(call, () => true)),
  TOUCH: takes([1], (call) => count(call, () => true)),
  TYPE: takes(1, ({ args: [key = ""], database }) => new Simple(database.get(key)?.type ?? "none")),
  KEYS: takes(1, ({ args: [pattern = ""], database }) => database.keys().filter(matcher(pattern)).map(bytes)),
  SCAN: takes([1], ({ args: [, ...options], database }) => {
    const { matches, type } = scanned(options);
    const found = database
      .keys()
      .filter((key) => matches(key) && (type === undefined || database.get(key)?.type === type));
    return ["0", found.map(bytes)];
  }),
  RANDOMKEY: takes(0, ({ database }) => {
    const all = database.keys();
    const key = all[Math.floor(Math.random() * all.length)];
    return key === undefined ? null : bytes(key);
  }),
  RENAME: takes(2, (call) => rename(call, false)),
  RENAMENX: takes(2, (call) => rename(call, true)),
  EXPIRE: takes([2, 3], (call) => expire(call, Date.now() + whole(call.args[1]) * 1000)),
  PEXPIRE: takes([2, 3], (call) => expire(call, Date.now() + whole(call.args[1]))),
  EXPIREAT: takes([2, 3], (call) => expire(call, whole(call.args[1]) * 1000)),
  PEXPIREAT: takes([2, 3], (call) => expire(call, whole(call.args[1]))),
  TTL: takes(1, (call) => inSeconds(left(call))),
  PTTL: takes(1, left),
  PERSIST: takes(1, ({ args: [key = ""], database }) => {
    if (!database.get(key) || database.untilOf(key) === undefined) return 0;
    database.expire(key, undefined);
    return 1;
  }),
  DBSIZE: takes(0, ({ database }) => database.keys().length),
  FLUSHDB: takes([0, 1], ({ database }) => {
    database.clear();
    return OK;
  }),
};
