import { isIPv4 } from "node:net";

/** A range of IPv4 addresses, as numbers. */
export interface Range {
  readonly first: number;
  readonly last: number;
  /** Bits of the network, e.g. 16. */
  readonly length: number;
  /** As one would write it, with the host bits cleared. */
  readonly network: string;
}

/** The range that `written` lies in; undefined when it is none. */
export function parseCidr(written: string): Range | undefined {
  const [address = "", bits = "", ...rest] = written.split("/");
  if (rest.length > 0 || !isIPv4(address) || !/^(\d|[12]\d|3[0-2])$/.test(bits)) return undefined;
  const length = Number(bits);
  const size = 2 ** (32 - length);
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = number - (number % size);
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return { first, last: first + size - 1, length, network: `${octets.join(".")}/${length}` };
}

/** Whether one range is inside another. What is no range is inside of everything: that is another problem. */
export function isInside(inner: string, outer: string): boolean {
  const [a, b] = [parseCidr(inner), parseCidr(outer)];
  return !a || !b || (a.first >= b.first && a.last <= b.last);
}

/** Whether two of the ranges have addresses in common. What is no range has none. */
export function overlap(ranges: readonly string[]): boolean {
  const sorted = ranges.flatMap((range) => parseCidr(range) ?? []).sort((a, b) => a.first - b.first);
  return sorted.some((range, index) => index > 0 && range.first <= (sorted[index - 1]?.last ?? -1));
}
