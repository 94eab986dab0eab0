import { Failure } from "../protocol.ts";

/** When an entry was added, in milliseconds since 1970, and its number among those of that time. */
export interface Id {
  readonly time: number;
  readonly number: number;
}

/** An entry of a stream. */
export interface Entry {
  readonly id: Id;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

export const FIRST: Id = { time: 0, number: 0 };
export const LAST: Id = { time: Number.MAX_SAFE_INTEGER, number: Number.MAX_SAFE_INTEGER };

const INVALID_ID = "ERR Invalid stream ID specified as stream command argument";

/** `time-number`, or `time` alone, whose number is `otherwise`. @throws Failure */
export function idOf(text: string, otherwise = 0): Id {
  const [, time, number] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (time === undefined) throw new Failure(INVALID_ID);
  return { time: Number(time), number: number === undefined ? otherwise : Number(number) };
}

export const textOf = ({ time, number }: Id) => `${time}-${number}`;
export const compare = (a: Id, b: Id) => a.time - b.time || a.number - b.number;
