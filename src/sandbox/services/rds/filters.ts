import type { Filter } from "@aws-sdk/client-rds";
import { notEmulated } from "../../wire/service.ts";
import { entry } from "../../world/entry.ts";
import { invalidValue } from "./operation.ts";

/** What a filter of a listing compares with, by its name. */
export type Filters<Item> = Readonly<Record<string, (item: Item) => (string | undefined)[]>>;

/** Those that pass all filters. @throws AwsError for one that is not there */
export function filtered<Item>(
  items: readonly Item[],
  known: Filters<Item>,
  asked: readonly Filter[] | undefined = [],
): Item[] {
  const tests = asked.map(({ Name = "", Values = [] }) => {
    const read = entry(known, Name);
    if (!read) throw notEmulated(`the filter ${Name}`);
    if (Values.length === 0) throw invalidValue(`The filter ${Name} has no value.`);
    return (item: Item) => read(item).some((value) => value !== undefined && Values.includes(value));
  });
  return items.filter((item) => tests.every((passes) => passes(item)));
}
