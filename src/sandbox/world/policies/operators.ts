import { BlockList, isIP } from "node:net";
import { like, plainly } from "./wildcards.ts";

/** How a condition compares a value of the request with one of the policy. */
interface Comparison {
  readonly matches: (value: string, wanted: string) => boolean;
  /** True: the condition wants that none of the policy's values matches. */
  readonly isNegated: boolean;
}

/** An operator of conditions as a policy names it. */
export interface Operator {
  /** `exists`: whether the key is there at all (`Null`). */
  readonly compares: Comparison | "exists";
  /** Of a key with several values, which have to fit; absent: it is for keys with one. */
  readonly of?: "all" | "any";
  /** True: it holds where the key is not there. */
  readonly isOptional: boolean;
}

/** (IAM, "Condition operators") */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  ...both("String", "Equals", (value, wanted) => value === plainly(wanted)),
  ...both("String", "EqualsIgnoreCase", (value, wanted) => value.toLowerCase() === plainly(wanted).toLowerCase()),
  ...both("String", "Like", (value, wanted) => like(wanted, value)),
  ...ordered("Numeric", numberIn),
  ...ordered("Date", timeIn),
  Bool: is((value, wanted) => value.toLowerCase() === plainly(wanted).toLowerCase()),
  BinaryEquals: is((value, wanted) => Buffer.from(value, "base64").equals(Buffer.from(plainly(wanted), "base64"))),
  IpAddress: is(isWithin),
  NotIpAddress: isNot(isWithin),
  // The two are the same. ("Amazon Resource Name (ARN) condition operators")
  ...both("Arn", "Equals", isArnLike),
  ...both("Arn", "Like", isArnLike),
};

/** An operator by its name; undefined: IAM has none of that name. */
export function operatorNamed(name: string): Operator | undefined {
  const [, set, plain = "", optional] = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(name) ?? [];
  const of = set === undefined ? {} : { of: set === "ForAllValues" ? ("all" as const) : ("any" as const) };
  const isOptional = optional !== undefined;
  if (plain === "Null") return isOptional ? undefined : { compares: "exists", isOptional, ...of };
  const compares = Object.hasOwn(COMPARISONS, plain) ? COMPARISONS[plain] : undefined;
  return compares && { compares, isOptional, ...of };
}

type Matches = Comparison["matches"];

function is(matches: Matches): Comparison {
  return { matches, isNegated: false };
}

function isNot(matches: Matches): Comparison {
  return { matches, isNegated: true };
}

function both(type: string, how: string, matches: Matches): Record<string, Comparison> {
  return { [`${type}${how}`]: is(matches), [`${type}Not${how}`]: isNot(matches) };
}

function ordered(type: string, read: (text: string) => number): Record<string, Comparison> {
  const compare = (holds: (value: number, wanted: number) => boolean) =>
    ((value, wanted) => holds(read(value), read(plainly(wanted)))) satisfies Matches;
  return {
    ...both(
      type,
      "Equals",
      compare((value, wanted) => value === wanted),
    ),
    [`${type}LessThan`]: is(compare((value, wanted) => value < wanted)),
    [`${type}LessThanEquals`]: is(compare((value, wanted) => value <= wanted)),
    [`${type}GreaterThan`]: is(compare((value, wanted) => value > wanted)),
    [`${type}GreaterThanEquals`]: is(compare((value, wanted) => value >= wanted)),
  };
}

/** NaN, which nothing compares with, for what is no number. */
function numberIn(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

/** Milliseconds of a time in ISO 8601, or in seconds since 1970. */
function timeIn(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

/** An address, or a network in CIDR notation. */
function isWithin(value: string, wanted: string): boolean {
  const [address = "", bits] = plainly(wanted).split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(value) === 0 || isIP(address) === 0) return false;
  const list = new BlockList();
  list.addSubnet(address, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  return list.check(value, isIP(value) === 6 ? "ipv6" : "ipv4");
}

/** Part by part: a wildcard does not reach over a colon, those of the resource aside. */
function isArnLike(value: string, wanted: string): boolean {
  if (wanted === "*") return true;
  const [parts, patterns] = [arnParts(value), arnParts(wanted)];
  return parts.length === patterns.length && patterns.every((pattern, index) => like(pattern, parts[index] ?? ""));
}

/** Partition, service, region, account and resource, after `arn`. */
function arnParts(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}
