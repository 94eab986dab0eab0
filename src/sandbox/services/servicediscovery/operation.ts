import { AwsError, notEmulated, type Operations } from "../../wire/service.ts";
import type { DiscoveryService, Namespace } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { pageOf } from "../page.ts";

/** Operations of Cloud Map; each file declares some. */
export type DiscoveryOperations = Operations<typeof import("@aws-sdk/client-servicediscovery")>;

export function invalidInput(message: string): AwsError {
  return new AwsError("InvalidInput", message);
}

/** By id or ARN. @throws AwsError */
export function namespaceOf({ serviceDiscovery }: Region, id = ""): Namespace {
  const namespace = serviceDiscovery.namespaces.get(id.replace(/^arn:.*:namespace\//, ""));
  if (!namespace) throw new AwsError("NamespaceNotFound", `Failed to find namespace with id: ${id}`);
  return namespace;
}

/** By id or ARN. @throws AwsError */
export function serviceOf({ serviceDiscovery }: Region, id = ""): DiscoveryService {
  const service = serviceDiscovery.services.get(id.replace(/^arn:.*:service\//, ""));
  if (!service) throw new AwsError("ServiceNotFound", `Failed to find service with id: ${id}`);
  return service;
}

export function servicesIn({ serviceDiscovery }: Region, { Id }: Namespace): DiscoveryService[] {
  return serviceDiscovery.services.filter(({ NamespaceId }) => NamespaceId === Id);
}

/** Whose all of it is, as the filter RESOURCE_OWNER has it: nothing is shared by other accounts. (NamespaceFilter, Values) */
export const OWN = "SELF";

/** One condition of a listing. */
interface Filter {
  readonly Name: string | undefined;
  readonly Values: readonly string[] | undefined;
  readonly Condition?: string | undefined;
}

/**
 * A page of a listing. Cloud Map cuts pages before it filters, so one may be empty and not the last. (ListNamespaces, NextToken)
 *
 * @param fields what can be filtered by
 */
export function paged<Item>(
  items: readonly Item[],
  {
    NextToken,
    MaxResults,
    Filters = [],
  }: { NextToken?: string | undefined; MaxResults?: number | undefined; Filters?: readonly Filter[] | undefined },
  size: number,
  fields: Readonly<Record<string, (item: Item) => string | undefined>>,
): { items: Item[]; NextToken?: string } {
  const invalid = () => invalidInput("The NextToken is not valid.");
  const page = pageOf(items, { size: MaxResults ?? size, token: NextToken, invalid });
  const passing = page.items.filter((item) => Filters.every((filter) => passes(filter, fields, item)));
  return { items: passing, ...(page.next !== undefined && { NextToken: page.next }) };
}

function passes<Item>(
  { Name = "", Values = [], Condition = "EQ" }: Filter,
  fields: Readonly<Record<string, (item: Item) => string | undefined>>,
  item: Item,
): boolean {
  const read = fields[Name];
  if (!read) throw notEmulated(`the filter ${Name} of Cloud Map`);
  const value = read(item) ?? "";
  if (Condition === "BEGINS_WITH") return Values.some((one) => value.startsWith(one));
  if (Condition === "EQ" || Condition === "IN") return Values.includes(value);
  throw notEmulated(`the condition ${Condition} of filters of Cloud Map`);
}
