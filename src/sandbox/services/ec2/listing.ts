import type { Filter, Tag } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { invalidValue } from "../../world/ec2/refusals.ts";
import { entry } from "../../world/entry.ts";
import { pageOf } from "../page.ts";

/** What a filter compares: one value or any of several. */
type Value = string | number | boolean | Date | undefined;
/** Filters of a listing by name. */
export type Filters<Record> = Readonly<{ [name: string]: (record: Record) => Value | readonly Value[] }>;

/** Records that pass all filters; a filter is passed by any of its values, in which `*` and `?` stand for other text. */
export function filtered<Record>(
  records: readonly Record[],
  filters: readonly Filter[] | undefined,
  known: Filters<Record>,
): Record[] {
  const tests = (filters ?? []).map((filter) => test(filter, known));
  return records.filter((record) => tests.every((passes) => passes(record)));
}

/** Filters `tag-key`, `tag:KEY` and the older `tag-value` for records with tags. */
export function tagFilters<Record>(tagsOf: (record: Record) => readonly Tag[] | undefined): Filters<Record> {
  return {
    "tag-key": (record) => (tagsOf(record) ?? []).map(({ Key }) => Key),
    "tag-value": (record) => (tagsOf(record) ?? []).map(({ Value }) => Value),
    "tag:": (record) => (tagsOf(record) ?? []).map(({ Key, Value }) => `${Key}=${Value}`),
  };
}

/** Least and most that MaxResults may be. */
const LEAST = 5;
const MOST = 1000;

interface Paging {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

/**
 * A page of a listing.
 *
 * @param size records in a page if the caller does not say
 * @param ids names of single records, which are all in one page
 */
export function paged<Record>(
  records: readonly Record[],
  { NextToken, MaxResults }: Paging,
  size: number,
  ids?: readonly string[],
): { items: Record[]; NextToken?: string } {
  if (MaxResults !== undefined && (MaxResults < LEAST || MaxResults > MOST)) {
    const bound = MaxResults < LEAST ? `greater than ${LEAST}` : `less than ${MOST}`;
    throw invalidValue(`Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value ${bound}.`);
  }
  if (ids?.length) return { items: [...records] };
  const invalid = () => new AwsError("InvalidNextToken", "The specified NextToken is not valid.");
  const { items, next } = pageOf(records, { size: MaxResults ?? size, token: NextToken, invalid });
  return { items, ...(next !== undefined && { NextToken: next }) };
}

function test<Record>({ Name, Values }: Filter, known: Filters<Record>): (record: Record) => boolean {
  const name = Name ?? "";
  const tag = name.startsWith("tag:") && "tag:" in known ? name.slice("tag:".length) : undefined;
  const read = entry(known, tag === undefined ? name : "tag:");
  if (!read || name === "tag:") throw notEmulated(`the filter ${name}`);
  if (!Values?.length) throw new AwsError("MissingParameter", `The filter '${name}' must contain at least one value`);
  const patterns = Values.map((value) => pattern(tag === undefined ? value : `${tag}=${value}`));
  return (record) =>
    [read(record)].flat().some((value) => value !== undefined && patterns.some((one) => one.test(text(value))));
}

function text(value: NonNullable<Value>): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

function pattern(value: string): RegExp {
  const source = value.replace(/\\[*?]|[.+^${}()|[\]\\]|[*?]/g, (found) => {
    if (found === "*") return ".*";
    if (found === "?") return ".";
    return found.length > 1 ? found : `\\${found}`;
  });
  return new RegExp(`^${source}$`, "s");
}
