import type { Tag } from "@aws-sdk/client-ecs";
import { coralError } from "../../wire/coral.ts";
import { AwsError, type Operations, type Violations } from "../../wire/service.ts";
import { nameIn } from "../../world/ecs/names.ts";
import type { Cluster, EcsService, TaskDefinition } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { pageOf } from "../page.ts";

/** Operations of ECS; each file declares some. */
export type EcsOperations = Operations<typeof import("@aws-sdk/client-ecs")>;

/** Name of the cluster that is meant where none is named. */
const DEFAULT_CLUSTER = "default";
const MOST_RESULTS = 100;

/** The refusal of an input that ECS's model does not allow. */
export function refuses(violations: Violations): AwsError {
  const [{ rule, value, shape }] = violations;
  if (rule === "enum") return invalid(`${value} should be one of [${shape.enum?.join(",")}]`);
  return coralError("InvalidParameterException", violations);
}

/** What ECS says to values that it does not take. */
export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** What ECS says to what cannot be, in task definitions above all. */
export function clientError(message: string): AwsError {
  return new AwsError("ClientException", message);
}

/** The ARN of a `resource` such as `cluster/cluster-bia`. */
export function arnOf(region: Region, account: string, resource: string): string {
  return `arn:aws:ecs:${region.name}:${account}:${resource}`;
}

/** @throws AwsError if a name has other characters than ECS takes, or too many */
export function checkName(what: string, name: string): void {
  if (/^[A-Za-z0-9_-]{1,255}$/.test(name)) return;
  throw invalid(`${what} must be 1-255 characters of letters, numbers, hyphens and underscores.`);
}

/** A page of a listing, with ECS's words for it. */
export function paged<Item>(
  items: readonly Item[],
  { nextToken, maxResults }: { nextToken?: string | undefined; maxResults?: number | undefined },
  size: number,
): { items: Item[]; nextToken?: string } {
  if (maxResults !== undefined && (maxResults < 1 || maxResults > MOST_RESULTS)) {
    throw invalid(`maxResults must be between 1 and ${MOST_RESULTS}.`);
  }
  const refused = () => invalid("Invalid token: not a token of this listing.");
  const page = pageOf(items, { size: Math.min(maxResults ?? size, size), token: nextToken, invalid: refused });
  return { items: page.items, ...(page.next !== undefined && { nextToken: page.next }) };
}

/** A cluster by name or ARN. @throws AwsError if there is none, or it is inactive */
export function clusterOf({ ecs }: Region, asked: string | undefined): Cluster {
  const cluster = ecs.clusters.get(nameIn(asked ?? DEFAULT_CLUSTER));
  if (!cluster || cluster.status === "INACTIVE") throw new AwsError("ClusterNotFoundException", "Cluster not found.");
  return cluster;
}

/** A service by name or ARN, inactive ones too. */
export function findService({ ecs }: Region, { clusterArn }: Cluster, asked: string): EcsService | undefined {
  const name = nameIn(asked);
  return ecs.services.find((one) => one.clusterArn === clusterArn && one.serviceName === name);
}

/** By family (its latest active revision), `FAMILY:REVISION` or ARN, whatever its status where a revision is named. */
export function findTaskDefinition({ ecs }: Region, asked: string): TaskDefinition | undefined {
  const name = nameIn(asked);
  if (name.includes(":")) return ecs.taskDefinitions.get(name);
  return ecs.taskDefinitions
    .filter(({ family, status }) => family === name && status === "ACTIVE")
    .sort((one, other) => other.revision - one.revision)[0];
}

const TAG_RULES: TagRules = {
  badLength: (key) => invalid(`The tag '${key}' has an invalid length.`),
  reserved: () => invalid("Tag keys with the prefix 'aws:' are reserved."),
  duplicate: (key) => invalid(`Duplicate tag key: ${key}`),
  tooMany: (most) => invalid(`The maximum number of tags that can be applied is ${most}.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  // ECS writes its members small.
  const capital = ({ key, value }: Tag) => ({ Key: key, Value: value });
  return merged(present.map(capital), added?.map(capital), TAG_RULES).map(({ Key, Value }) => ({
    key: Key,
    value: Value,
  }));
}
