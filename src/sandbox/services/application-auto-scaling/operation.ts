import { AwsError, notEmulated, type Operations } from "../../wire/service.ts";
import type { ScalableTarget } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { pageOf } from "../page.ts";

/** Operations of Application Auto Scaling; each file declares some. */
export type TargetScalingOperations = Operations<typeof import("@aws-sdk/client-application-auto-scaling")>;

/** How a request names a target. */
export interface Named {
  readonly ServiceNamespace: string | undefined;
  readonly ResourceId: string | undefined;
  readonly ScalableDimension: string | undefined;
}

/** How a request says which things of a namespace it is about; undefined: any. */
interface Wanted {
  readonly ServiceNamespace: string | undefined;
  readonly ScalableDimension?: string | undefined;
}

/** How a request asks for a page. */
interface Asked {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** What Application Auto Scaling says to values that it does not take. */
export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

export function notFound(message: string): AwsError {
  return new AwsError("ObjectNotFoundException", message);
}

/** A target as refusals name it. */
export function nameOf({ ServiceNamespace, ResourceId, ScalableDimension }: Named): string {
  return `service namespace: ${ServiceNamespace}, resource ID: ${ResourceId}, scalable dimension: ${ScalableDimension}`;
}

/** @throws AwsError if what is named cannot be a target */
export function checkNamed({ ServiceNamespace, ResourceId = "", ScalableDimension }: Named): void {
  checkNamespace(ServiceNamespace);
  if (ScalableDimension === "ecs:service:DesiredCount" && /^service\/[^/]+\/[^/]+$/.test(ResourceId)) return;
  throw invalid("Unsupported service namespace, resource type or scalable dimension");
}

/**
 * The target that a request names.
 *
 * @param missing what a refusal says of one that is not there
 * @throws AwsError
 */
export function targetOf(region: Region, named: Named, missing: "found" | "registered"): ScalableTarget {
  checkNamed(named);
  const target = region.applicationAutoScaling.targets.get(named.ResourceId ?? "");
  if (!target) throw notFound(`No scalable target ${missing} for ${nameOf(named)}`);
  return target;
}

/** @throws AwsError for a dimension without the resources that it is of, and what the sandbox has no targets of */
export function checkWanted({ ServiceNamespace, ScalableDimension }: Wanted, resources: readonly string[]): void {
  checkNamespace(ServiceNamespace);
  if (ScalableDimension !== undefined && resources.length === 0) {
    throw invalid("If you specify a scalable dimension, you must also specify a resource ID.");
  }
  for (const ResourceId of ScalableDimension === undefined ? [] : resources) {
    checkNamed({ ServiceNamespace, ResourceId, ScalableDimension });
  }
}

/** A page of a listing, of which one has no more than `most` items. */
export function paged<Item>(
  items: readonly Item[],
  { MaxResults, NextToken }: Asked,
  { size, most }: { size: number; most: number },
): { items: Item[]; NextToken?: string } {
  if (MaxResults !== undefined && (MaxResults < 1 || MaxResults > most)) {
    throw invalid(`MaxResults must be between 1 and ${most}.`);
  }
  const refused = () => new AwsError("InvalidNextTokenException", "The next token is not valid.");
  const page = pageOf(items, { size: MaxResults ?? Math.min(size, most), token: NextToken, invalid: refused });
  return { items: page.items, ...(page.next !== undefined && { NextToken: page.next }) };
}

function checkNamespace(namespace: string | undefined): void {
  if (namespace !== "ecs") throw notEmulated(`scalable targets of the namespace ${namespace}`);
}
