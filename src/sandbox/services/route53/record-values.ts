import { isIPv4, isIPv6 } from "node:net";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { notEmulated } from "../../wire/service.ts";
import { entry } from "../../world/entry.ts";
import { normalName } from "./names.ts";

/** Why a value is none of its record type; undefined: it is one. */
type Check = (value: string) => string | undefined;

const isDomain: Check = (value) =>
  normalName(value) ? undefined : "DomainNameInvalid (Value is not a valid domain name)";
const isText: Check = (value) =>
  /^"(?:[^"\\]|\\.){0,255}"(?:\s+"(?:[^"\\]|\\.){0,255}")*$/.test(value)
    ? undefined
    : "InvalidCharacterString (Value should be enclosed in quotation marks)";

/** Checks by record type (Route 53, "Supported DNS record types"). */
const CHECKS: Readonly<Record<string, Check>> = {
  A: (value) => (isIPv4(value) ? undefined : "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"),
  AAAA: (value) => (isIPv6(value) ? undefined : "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"),
  CNAME: isDomain,
  NS: isDomain,
  PTR: isDomain,
  TXT: isText,
  SPF: isText,
  MX: (value) => matching(value, /^\d{1,5} (\S+)$/, "MXRRDATAInvalid (Value is not a preference and a domain name)"),
  SRV: (value) =>
    matching(value, /^\d{1,5} \d{1,5} \d{1,5} (\S+)$/, "SRVRRDATAInvalid (Value is not a valid SRV value)"),
  CAA: (value) => matching(value, /^\d{1,3} [a-z0-9]+ ".*"$/i, "CAARRDATAInvalid (Value is not a valid CAA value)"),
  SOA: (value) => matching(value, /^\S+ \S+(?: \d+){5}$/, "SOARRDATAInvalid (Value is not a valid SOA value)"),
};

/** What is wrong with the values of a record set. */
export function valueProblems({ Type = "A", ResourceRecords = [], AliasTarget }: ResourceRecordSet): string[] {
  const check = entry(CHECKS, Type);
  if (!check) throw notEmulated(`records of type ${Type}`);
  if (AliasTarget) return [];
  const values = ResourceRecords.map(({ Value = "" }) => Value);
  const wrong = values.flatMap((value) => {
    const problem = check(value);
    return problem === undefined
      ? []
      : `Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`;
  });
  if (new Set(values).size < values.length) wrong.push(`Duplicate Resource Record: '${values.find(isRepeated)}'`);
  if ((Type === "CNAME" || Type === "SOA") && values.length > 1) {
    wrong.push(`RRSet of type ${Type} must have exactly one value`);
  }
  return wrong;
}

function matching(value: string, pattern: RegExp, problem: string): string | undefined {
  return pattern.test(value) ? undefined : problem;
}

function isRepeated(value: string, index: number, values: readonly string[]): boolean {
  return values.indexOf(value) < index;
}
