import type { Value } from "./query.ts";

type Maybe = Value | undefined;

/** A value as a number; undefined: it is none. */
export function numberOf(value: Maybe): number | undefined {
  if (typeof value === "number") return value;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
}

function onNumber(work: (number: number) => number): (value: Maybe) => Maybe {
  return (value) => {
    const number = numberOf(value);
    return number === undefined ? undefined : work(number);
  };
}

function onText(work: (text: string) => Value): (value: Maybe) => Maybe {
  return (value) => (value === undefined ? undefined : work(String(value)));
}

/** Milliseconds of `30s`, `5m`, `1h`, `1d`; undefined: it is none of these. */
export function period(text: Maybe): number | undefined {
  const [, count, unit = ""] = /^(\d+)(ms|s|m|h|d)$/.exec(String(text)) ?? [];
  const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit];
  return milliseconds === undefined ? undefined : Number(count) * milliseconds;
}

/** Functions of one event's values. */
export const SCALARS: Readonly<Record<string, (...values: Maybe[]) => Maybe>> = {
  abs: onNumber(Math.abs),
  ceil: onNumber(Math.ceil),
  floor: onNumber(Math.floor),
  sqrt: onNumber(Math.sqrt),
  strlen: onText((text) => text.length),
  tolower: onText((text) => text.toLowerCase()),
  toupper: onText((text) => text.toUpperCase()),
  trim: onText((text) => text.trim()),
  concat: (...values) => values.filter((value) => value !== undefined).join(""),
  coalesce: (...values) => values.find((value) => value !== undefined),
  ispresent: (value) => value !== undefined,
  /** Of the event's time; the parser puts that before the period. */
  bin(time, length) {
    const milliseconds = period(length);
    const at = numberOf(time);
    return milliseconds && at !== undefined ? Math.floor(at / milliseconds) * milliseconds : undefined;
  },
};

/** Functions of all values of a group, with the times of their events; those that an event lacks are not among them. */
export const AGGREGATES: Readonly<Record<string, (values: readonly Value[], times: readonly number[]) => Maybe>> = {
  count: (values) => values.length,
  count_distinct: (values) => new Set(values).size,
  sum: (values) => (values.length === 0 ? undefined : numbers(values).reduce((sum, one) => sum + one, 0)),
  avg(values) {
    const all = numbers(values);
    return all.length === 0 ? undefined : all.reduce((sum, one) => sum + one, 0) / all.length;
  },
  min: (values) => extreme(values, -1),
  max: (values) => extreme(values, 1),
  earliest: (values, times) => values[times.indexOf(Math.min(...times))],
  latest: (values, times) => values[times.indexOf(Math.max(...times))],
};

function numbers(values: readonly Value[]): number[] {
  return values.flatMap((value) => numberOf(value) ?? []);
}

/** Of numbers the greatest or least; of what is not all numbers, by the order of texts. */
function extreme(values: readonly Value[], sign: 1 | -1): Maybe {
  const all = numbers(values);
  if (values.length === 0) return undefined;
  if (all.length === values.length) return all.reduce((one, other) => (sign * (other - one) > 0 ? other : one));
  const sorted = values.map(String).sort();
  return sign > 0 ? sorted.at(-1) : sorted[0];
}

/** Of CloudWatch Logs Insights too, and refused by name. */
export const NOT_EMULATED = new Set([
  ...[
    "pct",
    "stddev",
    "sortsFirst",
    "sortsLast",
    "datefloor",
    "dateceil",
    "fromMillis",
    "toMillis",
    "replace",
    "substr",
  ],
  ...["isempty", "isblank", "isValidIp", "isIpInSubnet", "greatest", "least", "log", "ltrim", "rtrim", "strcontains"],
  ...["jsonParse", "jsonStringify", "now"],
]);
