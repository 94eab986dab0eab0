import { bytes, type Call, whole } from "../command.ts";
import type { Reply } from "../protocol.ts";
import { existing } from "./consumers.ts";
import { compare, type Entry, FIRST, idOf, LAST, textOf } from "./entry.ts";
import type { Pending } from "./group.ts";
import { optionOf, shown, streamOf } from "./reading.ts";

/** XPENDING: how many each has, or which. @throws Failure */
export function pending({ args: [key = "", name = "", ...rest], database }: Call): Reply {
  const group = existing(database, key, name);
  const all = group.waiting();
  if (rest.length === 0) {
    const owners = [...new Set(all.map(({ consumer }) => consumer))];
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last) return [0, null, null, null];
    const counts = owners.map((one): Reply => [bytes(one), String(group.waiting(one).length)]);
    return [all.length, textOf(first.id), textOf(last.id), counts];
  }
  const idle = optionOf(rest, "IDLE");
  const [start = "-", end = "+", count, consumer] = idle === undefined ? rest : rest.slice(2);
  const from = start === "-" ? FIRST : idOf(start);
  const to = end === "+" ? LAST : idOf(end, LAST.number);
  return all
    .filter((one) => consumer === undefined || one.consumer === consumer)
    .filter((one) => compare(one.id, from) >= 0 && compare(one.id, to) <= 0 && isIdle(one, idle ?? 0))
    .slice(0, whole(count))
    .map((one) => [textOf(one.id), bytes(one.consumer), Date.now() - one.given, one.times]);
}

const isIdle = ({ given }: Pending, least: number) => Date.now() - given >= least;

/** XCLAIM of the entries that it names, and XAUTOCLAIM of those from one on. @throws Failure */
export function claimed(call: Call, which: "named" | "idle"): Reply {
  const [key = "", name = "", consumer = "", least, ...rest] = call.args;
  const group = existing(call.database, key, name);
  group.see(consumer);
  const ids = rest.filter((one) => /^\d+(-\d+)?$/.test(one)).map((one) => textOf(idOf(one)));
  const count = optionOf(rest, "COUNT") ?? 100;
  const from = idOf(which === "idle" ? (rest[0] ?? "") : "0");
  const meant = group
    .waiting()
    .filter((one) => (which === "named" ? ids.includes(textOf(one.id)) : compare(one.id, from) >= 0))
    .filter((one) => isIdle(one, whole(least)));
  const [taken, next] = which === "named" ? [meant] : [meant.slice(0, count), meant[count]];
  for (const one of taken) group.claim(one, consumer);
  const stream = streamOf(call.database, key);
  const entries = taken.flatMap(({ id }): Entry[] => stream?.between(id, id) ?? []);
  const isBrief = rest.some((one) => /^JUSTID$/i.test(one));
  const found: Reply = isBrief ? entries.map(({ id }) => textOf(id)) : shown(entries);
  return which === "named" ? found : [textOf(next?.id ?? FIRST), found, []];
}
