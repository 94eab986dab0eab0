import { randomBytes } from "node:crypto";
import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError, type Call, type Operations } from "../../wire/service.ts";
import type { Listener, LoadBalancer, Rule, TargetGroup } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { pageOf } from "../page.ts";

/** Operations of Elastic Load Balancing; each file declares some. */
export type ElbOperations = Operations<typeof import("@aws-sdk/client-elastic-load-balancing-v2")>;

const LONGEST_NAME = 32;

/** What Elastic Load Balancing says to values that it does not take. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** What Elastic Load Balancing says to settings that do not fit each other. */
export function invalidConfiguration(message: string): AwsError {
  return new AwsError("InvalidConfigurationRequest", message);
}

/** A page of a listing. */
export function paged<Item>(
  items: readonly Item[],
  { Marker, PageSize }: { Marker?: string | undefined; PageSize?: number | undefined },
  size: number,
): { items: Item[]; NextMarker?: string } {
  const invalid = () => validationError(`Invalid marker '${Marker}'`);
  const page = pageOf(items, { size: Math.min(PageSize ?? size, size), token: Marker, invalid });
  return { items: page.items, ...(page.next !== undefined && { NextMarker: page.next }) };
}

/** @param thing e.g. `load balancer` */
export function checkName(thing: string, name: string): void {
  // "Target group name 'X' cannot be longer ..." (hashicorp/terraform#11699)
  const subject = thing === "target group" ? "Target group" : `The ${thing}`;
  const refuse = (why: string) => validationError(`${subject} name '${name}' ${why}`);
  if (name === "") throw validationError(`A ${thing} name must be specified`);
  if (name.length > LONGEST_NAME) throw refuse(`cannot be longer than '${LONGEST_NAME}' characters`);
  if (!/^[a-zA-Z0-9-]+$/.test(name))
    throw refuse("can only contain characters that are alphanumeric characters and hyphens(-)");
  if (/^-|-$/.test(name)) throw refuse("cannot begin or end with a hyphen");
}

const TAG_RULES: TagRules = {
  reserved: () => validationError("Tag keys with the prefix 'aws:' are reserved for internal use"),
  duplicate: (key) => new AwsError("DuplicateTagKeys", `The tag key '${key}' was specified more than once`),
  tooMany: (most) => new AwsError("TooManyTags", `A resource can have ${most} tags`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}

/** The same tags in the same order, whatever the order they were given in: they count as settings of a create. */
export function sortedTags(tags: readonly Tag[]): string[] {
  return tags.map(({ Key, Value }) => `${Key}=${Value}`).sort();
}

/** An ARN of this service; `path` without the last part, which is a new one. */
export function newArn({ region, account }: Call, path: string): string {
  return `arn:aws:elasticloadbalancing:${region}:${account}:${path}/${randomBytes(8).toString("hex")}`;
}

/** @throws AwsError if there is no such load balancer */
export function loadBalancerOf({ elbv2 }: Region, arn: string | undefined): LoadBalancer {
  const found = elbv2.loadBalancers.get(arn ?? "");
  if (!found) throw new AwsError("LoadBalancerNotFound", `Load balancer '${arn}' not found`);
  return found;
}

/** @throws AwsError if there is no such target group */
export function targetGroupOf({ elbv2 }: Region, arn: string | undefined): TargetGroup {
  const found = elbv2.targetGroups.get(arn ?? "");
  if (!found) throw new AwsError("TargetGroupNotFound", `Target groups '${arn}' not found`);
  return found;
}

/** @throws AwsError if there is no such listener */
export function listenerOf({ elbv2 }: Region, arn: string | undefined): Listener {
  const found = elbv2.listeners.get(arn ?? "");
  if (!found) throw new AwsError("ListenerNotFound", "One or more listeners not found");
  return found;
}

/** @throws AwsError if there is no such rule; a default one is none of its own */
export function ruleOf({ elbv2 }: Region, arn: string | undefined): Rule {
  const found = elbv2.rules.get(arn ?? "");
  if (!found) throw new AwsError("RuleNotFound", "One or more rules not found");
  return found;
}
