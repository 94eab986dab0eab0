import { Failure } from "../protocol.ts";
import type { Group } from "./group.ts";

/** When an entry was added, in milliseconds since 1970, and its number among those of that time. */
export interface Id {
  readonly time: number;
  readonly number: number;
}

export interface Entry {
  readonly id: Id;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

export const FIRST: Id = { time: 0, number: 0 };
export const LAST: Id = { time: Number.MAX_SAFE_INTEGER, number: Number.MAX_SAFE_INTEGER };

export const INVALID_ID = "ERR Invalid stream ID specified as stream command argument";

/** `time-number`, or `time` alone, whose number is `otherwise`. @throws Failure */
export function idOf(text: string, otherwise = 0): Id {
  const [, time, number] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (time === undefined) throw new Failure(INVALID_ID);
  return { time: Number(time), number: number === undefined ? otherwise : Number(number) };
}

export const textOf = ({ time, number }: Id) => `${time}-${number}`;
export const compare = (a: Id, b: Id) => a.time - b.time || a.number - b.number;

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
