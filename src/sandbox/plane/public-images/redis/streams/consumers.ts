import type { Call } from "../command.ts";
import { SYNTAX } from "../command.ts";
import { Failure, OK, type Reply } from "../protocol.ts";
import type { Database } from "../store.ts";
import { idOf, textOf } from "./entry.ts";
import { Group } from "./group.ts";
import { readStreams, shown, streamOf } from "./reading.ts";

/** @throws Failure */
export function existing(database: Database, key: string, name: string): Group {
  const group = streamOf(database, key)?.groups.get(name);
  if (!group) throw new Failure(`NOGROUP No such key '${key}' or consumer group '${name}'`);
  return group;
}

/** XGROUP. @throws Failure */
export function changeGroups({ args: [what = "", key = "", name = "", ...rest], database }: Call): Reply {
  const word = what.toUpperCase();
  const [id = "$"] = rest;
  if (word === "CREATE") {
    if (!streamOf(database, key) && !rest.some((one) => /^MKSTREAM$/i.test(one))) {
      throw new Failure(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
      );
    }
    return database.change(key, "stream", ({ stream }) => {
      if (stream.groups.has(name)) throw new Failure("BUSYGROUP Consumer Group name already exists");
      stream.groups.set(name, new Group(id === "$" ? stream.last : idOf(id)));
      return OK;
    });
  }
  if (word === "DESTROY") return streamOf(database, key)?.groups.delete(name) ? 1 : 0;
  const group = existing(database, key, name);
  if (word === "SETID") {
    group.last = id === "$" ? (streamOf(database, key)?.last ?? group.last) : idOf(id);
    return OK;
  }
  if (word === "CREATECONSUMER") return group.see(id) ? 1 : 0;
  if (word !== "DELCONSUMER") throw new Failure(SYNTAX);
  const lost = group.waiting(id);
  for (const one of lost) group.pending.delete(textOf(one.id));
  group.consumers.delete(id);
  return lost.length;
}

/** XREADGROUP: of `>` what nobody has had, of an id what this consumer has had from there on. @throws Failure */
export function readAsGroup(call: Call): Reply | Promise<Reply> {
  const [word = "", name = "", consumer = "", ...options] = call.args;
  if (!/^GROUP$/i.test(word)) throw new Failure(SYNTAX);
  const isKept = !options.some((one) => /^NOACK$/i.test(one));
  return readStreams(call, options, (key, from, count) => {
    const group = existing(call.database, key, name);
    const stream = streamOf(call.database, key);
    group.see(consumer);
    if (from !== ">") {
      const own = new Set(group.waiting(consumer).map(({ id }) => textOf(id)));
      const entries = stream?.after(idOf(from)).filter(({ id }) => own.has(textOf(id))) ?? [];
      return shown(entries.slice(0, count));
    }
    const entries = stream?.after(group.last).slice(0, count) ?? [];
    group.give(entries, consumer, isKept);
    return entries.length > 0 ? shown(entries) : undefined;
  });
}
