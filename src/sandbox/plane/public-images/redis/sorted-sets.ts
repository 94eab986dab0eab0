import { blocking } from "./collections.ts";
import { bytes, type Call, type Commands, decimal, NOT_WHOLE, pairsOf, range, takes, whole } from "./command.ts";
import { scanned } from "./keys.ts";
import { Failure, type Reply } from "./protocol.ts";

/** By score, then by their bytes. */
function ranked({ args: [key = ""], database }: Call): [string, number][] {
  const scores = database.read(key, "zset")?.scores ?? [];
  return [...scores].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
}

/** `1`, `(1`, `-inf`. */
function bound(text: string | undefined): { value: number; isOpen: boolean } {
  const isOpen = text?.startsWith("(") ?? false;
  return { value: decimal(isOpen ? text?.slice(1) : text, "ERR min or max is not a float"), isOpen };
}

type Test = (entry: readonly [member: string, score: number]) => boolean;

function within(least: string | undefined, most: string | undefined): Test {
  const [low, high] = [bound(least), bound(most)];
  return ([, score]) =>
    (low.isOpen ? score > low.value : score >= low.value) && (high.isOpen ? score < high.value : score <= high.value);
}

/** `[a`, `(a`, `-`, `+`: by the members' bytes. */
function between(least = "", most = ""): Test {
  for (const one of [least, most]) {
    if (!/^([-+]$|[[(])/.test(one)) throw new Failure("ERR min or max not valid string range item");
  }
  const above = (member: string) =>
    least === "-" || (least !== "+" && (least[0] === "[" ? member >= least.slice(1) : member > least.slice(1)));
  const below = (member: string) =>
    most === "+" || (most !== "-" && (most[0] === "[" ? member <= most.slice(1) : member < most.slice(1)));
  return ([member]) => above(member) && below(member);
}

function scoreText(score: number): string {
  return Number.isFinite(score) ? String(score) : score > 0 ? "inf" : "-inf";
}

function shown(entries: readonly [string, number][], withScores: boolean): Reply {
  return entries.flatMap(([member, score]) => (withScores ? [bytes(member), scoreText(score)] : [bytes(member)]));
}

/** ZRANGE with its options, and its older forms. */
function zrange(call: Call, { reverse = false, by }: { reverse?: boolean; by?: "SCORE" | "LEX" }): Reply {
  const [, start, stop, ...options] = call.args;
  const has = (word: string) => options.some((one) => one.toUpperCase() === word);
  const isReversed = reverse || has("REV");
  const all = ranked(call);
  let found: [string, number][];
  if (by !== undefined || has("BYSCORE") || has("BYLEX")) {
    const test = by === "LEX" || has("BYLEX") ? between : within;
    const fits = isReversed ? test(stop, start) : test(start, stop);
    found = all.filter(fits);
    if (isReversed) found.reverse();
    const at = options.findIndex((one) => one.toUpperCase() === "LIMIT");
    if (at >= 0) {
      const [offset, count] = [whole(options[at + 1]), whole(options[at + 2])];
      found = found.slice(offset, count < 0 ? undefined : offset + count);
    }
  } else {
    if (isReversed) all.reverse();
    found = all.slice(...range(whole(start), whole(stop), all.length));
  }
  return shown(found, has("WITHSCORES"));
}

function zadd({ args: [key = "", ...rest], database }: Call): Reply {
  const has = new Set<string>();
  let at = 0;
  while (/^(NX|XX|GT|LT|CH|INCR)$/i.test(rest[at] ?? "")) has.add((rest[at++] ?? "").toUpperCase());
  const pairs = pairsOf(rest.slice(at), "zadd");
  return database.change(key, "zset", ({ scores }): Reply => {
    let [added, changed] = [0, 0];
    let last: number | undefined;
    for (const [score, member] of pairs) {
      const before = scores.get(member);
      const next = decimal(score) + (has.has("INCR") ? (before ?? 0) : 0);
      if ((has.has("NX") && before !== undefined) || (has.has("XX") && before === undefined)) continue;
      if (before !== undefined && ((has.has("GT") && next <= before) || (has.has("LT") && next >= before))) continue;
      if (before === undefined) added++;
      else if (before !== next) changed++;
      scores.set(member, next);
      last = next;
    }
    if (has.has("INCR")) return last === undefined ? null : scoreText(last);
    return has.has("CH") ? added + changed : added;
  });
}

function remove(call: Call, gone: readonly [string, number][]): number {
  const [key = ""] = call.args;
  if (gone.length > 0) {
    call.database.change(key, "zset", ({ scores }) => {
      for (const [member] of gone) scores.delete(member);
    });
  }
  return gone.length;
}

function zpop(call: Call, end: "least" | "most"): Reply {
  const all = ranked(call);
  if (end === "most") all.reverse();
  const gone = all.slice(0, call.args[1] === undefined ? 1 : whole(call.args[1]));
  remove(call, gone);
  return shown(gone, true);
}

function blockingPop(call: Call, end: "least" | "most"): Reply | Promise<Reply> {
  const keys = call.args.slice(0, -1);
  return blocking(call, keys, call.args.at(-1), () => {
    for (const key of keys) {
      const popped = zpop({ ...call, args: [key] }, end) as Reply[];
      if (popped.length > 0) return [bytes(key), ...popped];
    }
    return null;
  });
}

function rank(call: Call, isReversed: boolean): Reply {
  const all = ranked(call);
  if (isReversed) all.reverse();
  const at = all.findIndex(([member]) => member === call.args[1]);
  return at < 0 ? null : at;
}

/** https://redis.io/docs/latest/commands/?group=sorted-set */
export const sortedSets: Commands = {
  ZADD: takes([3], zadd),
  ZINCRBY: takes(3, (call) => {
    const [key = "", by = "", member = ""] = call.args;
    return zadd({ ...call, args: [key, "INCR", by, member] });
  }),
  ZSCORE: takes(2, ({ args: [key = "", member = ""], database }) => {
    const score = database.read(key, "zset")?.scores.get(member);
    return score === undefined ? null : scoreText(score);
  }),
  ZMSCORE: takes([2], ({ args: [key = "", ...members], database }) => {
    const scores = database.read(key, "zset")?.scores;
    return members.map((member) => {
      const score = scores?.get(member);
      return score === undefined ? null : scoreText(score);
    });
  }),
  ZCARD: takes(1, (call) => ranked(call).length),
  ZCOUNT: takes(3, (call) => {
    return ranked(call).filter(within(call.args[1], call.args[2])).length;
  }),
  ZRANK: takes(2, (call) => rank(call, false)),
  ZREVRANK: takes(2, (call) => rank(call, true)),
  ZRANGE: takes([3], (call) => zrange(call, {})),
  ZREVRANGE: takes([3], (call) => zrange(call, { reverse: true })),
  ZRANGEBYSCORE: takes([3], (call) => zrange(call, { by: "SCORE" })),
  ZREVRANGEBYSCORE: takes([3], (call) => zrange(call, { by: "SCORE", reverse: true })),
  ZRANGEBYLEX: takes([3], (call) => zrange(call, { by: "LEX" })),
  ZREVRANGEBYLEX: takes([3], (call) => zrange(call, { by: "LEX", reverse: true })),
  ZLEXCOUNT: takes(3, (call) => ranked(call).filter(between(call.args[1], call.args[2])).length),
  ZREM: takes([2], (call) =>
    remove(
      call,
      ranked(call).filter(([member]) => call.args.slice(1).includes(member)),
    ),
  ),
  ZREMRANGEBYSCORE: takes(3, (call) => {
    return remove(call, ranked(call).filter(within(call.args[1], call.args[2])));
  }),
  ZREMRANGEBYLEX: takes(3, (call) => remove(call, ranked(call).filter(between(call.args[1], call.args[2])))),
  ZREMRANGEBYRANK: takes(3, (call) => {
    const all = ranked(call);
    return remove(call, all.slice(...range(whole(call.args[1]), whole(call.args[2], NOT_WHOLE), all.length)));
  }),
  ZPOPMIN: takes([1, 2], (call) => zpop(call, "least")),
  ZPOPMAX: takes([1, 2], (call) => zpop(call, "most")),
  BZPOPMIN: takes([2], (call) => blockingPop(call, "least")),
  BZPOPMAX: takes([2], (call) => blockingPop(call, "most")),
  ZSCAN: takes([2], (call) => {
    const { matches } = scanned(call.args.slice(2));
    return [
      "0",
      shown(
        ranked(call).filter(([member]) => matches(member)),
        true,
      ),
    ];
  }),
};
