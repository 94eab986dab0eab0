import { Failure } from "../protocol.ts";
import { compare, type Entry, FIRST, type Id, idOf } from "./entry.ts";
import type { Group } from "./group.ts";

/** Entries in the order in which they were added. (https://redis.io/docs/latest/develop/data-types/streams/) */
export class Stream {
  readonly groups = new Map<string, Group>();
  entries: Entry[] = [];
  last: Id = FIRST;
  /** How many have been added, also those that are gone. */
  added = 0;

  /** @param wanted `*`, `time-*`, or the whole id. @throws Failure if it is not above the last one */
  add(wanted: string, fields: readonly string[]): Id {
    const id = this.#next(wanted);
    if (compare(id, FIRST) === 0) throw new Failure("ERR The ID specified in XADD must be greater than 0-0");
    if (compare(id, this.last) <= 0) {
      throw new Failure("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
    this.entries.push({ id, fields });
    this.last = id;
    this.added++;
    return id;
  }

  #next(wanted: string): Id {
    const partly = /^(\d+)-\*$/.exec(wanted);
    if (wanted !== "*" && !partly) return idOf(wanted);
    const time = partly ? Number(partly[1]) : Math.max(Date.now(), this.last.time);
    return { time, number: time === this.last.time ? this.last.number + 1 : 0 };
  }

  /** Those from one id to another, both of them included. */
  between(from: Id, to: Id): Entry[] {
    return this.entries.filter(({ id }) => compare(id, from) >= 0 && compare(id, to) <= 0);
  }

  after(id: Id): Entry[] {
    return this.entries.filter((entry) => compare(entry.id, id) > 0);
  }

  /** @returns how many went */
  keep(stays: (entry: Entry, at: number) => boolean): number {
    const before = this.entries.length;
    this.entries = this.entries.filter(stays);
    return before - this.entries.length;
  }
}
