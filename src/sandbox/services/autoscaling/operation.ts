import { AwsError, type Operations } from "../../wire/service.ts";
import { DELETING } from "../../world/autoscaling/members.ts";
import type { AutoScalingGroup } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { pageOf } from "../page.ts";

/** Operations of EC2 Auto Scaling; each file declares some. */
export type ScalingOperations = Operations<typeof import("@aws-sdk/client-auto-scaling")>;

const MOST_RECORDS = 100;

/** What Auto Scaling says to nearly everything that it does not like, missing groups included. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** The group of that name. @throws AwsError if there is none */
export function groupOf(region: Region, name: string | undefined): AutoScalingGroup {
  const group = region.autoscaling.groups.get(name ?? "");
  if (group) return group;
  throw validationError("AutoScalingGroup name not found - null");
}

/** The group of that name, which is not being deleted. @throws AwsError if there is none, or it is */
export function changeableGroupOf(region: Region, name: string | undefined): AutoScalingGroup {
  const group = groupOf(region, name);
  if (group.Status !== DELETING) return group;
  throw validationError(`AutoScalingGroup '${name}' is pending delete.`);
}

/** A page of a listing, with Auto Scaling's words for it. */
export function paged<Item>(
  items: readonly Item[],
  { NextToken: token, MaxRecords }: { NextToken?: string | undefined; MaxRecords?: number | undefined },
  size: number,
): { items: Item[]; NextToken?: string } {
  if (MaxRecords !== undefined && (MaxRecords < 1 || MaxRecords > MOST_RECORDS)) {
    throw validationError(`MaxRecords must be between 1 and ${MOST_RECORDS}.`);
  }
  const invalid = () => new AwsError("InvalidNextToken", "The token is not valid.");
  const page = pageOf(items, { size: MaxRecords ?? size, token, invalid });
  return { items: page.items, ...(page.next !== undefined && { NextToken: page.next }) };
}

/** Throws for filters that are not known; a record passes a filter by any of its values. */
export function filtered<Item>(
  items: readonly Item[],
  filters: readonly { Name?: string | undefined; Values?: string[] | undefined }[] | undefined,
  read: (item: Item, filter: string) => readonly (string | undefined)[] | undefined,
): Item[] {
  return items.filter((item) =>
    (filters ?? []).every(({ Name = "", Values = [] }) => {
      const values = read(item, Name);
      if (!values) throw validationError(`Filter type ${Name} is not correct.`);
      return values.some((value) => value !== undefined && Values.includes(value));
    }),
  );
}
