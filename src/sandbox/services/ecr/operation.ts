import type { Tag } from "@aws-sdk/client-ecr";
import { constraintOf } from "../../wire/coral.ts";
import { AwsError, type Operations, type Violations } from "../../wire/service.ts";
import type { Repository } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { pageOf } from "../page.ts";

/** Operations of ECR; each file declares some. */
export type EcrOperations = Operations<typeof import("@aws-sdk/client-ecr")>;

/** The refusal of a value that breaks a rule of ECR's model. */
export function invalidParameter(parameter: string, constraint: string): AwsError {
  return new AwsError(
    "InvalidParameterException",
    `Invalid parameter at '${parameter}' failed to satisfy constraint: '${constraint}'`,
  );
}

/** The refusal of an input that ECR's model does not allow. */
export function refuses([first]: Violations): AwsError {
  const parameter = first.path
    .split(".")
    .map((part) => part.charAt(0).toLowerCase() + part.slice(1))
    .join(".");
  const constraint = constraintOf(first);
  if (first.rule === "enum" || first.rule === "required") return invalidParameter(parameter, constraint);
  if (first.rule === "pattern")
    return invalidParameter(parameter, `must satisfy regular expression '${first.shape.pattern}'`);
  return invalidParameter(parameter, constraint.replace("Member ", ""));
}

/** A page of a listing, with ECR's words for it. */
export function paged<Item>(
  items: readonly Item[],
  { nextToken, maxResults }: { nextToken?: string | undefined; maxResults?: number | undefined },
  size: number,
): { items: Item[]; nextToken?: string } {
  const invalid = () => invalidParameter("nextToken", "must be a token of an earlier answer");
  const { items: page, next } = pageOf(items, { size: maxResults ?? size, token: nextToken, invalid });
  return { items: page, ...(next !== undefined && { nextToken: next }) };
}

/**
 * A repository of the account's own registry.
 *
 * @param registryId that of the request; absent: the account's own, which is the only one there is
 */
export function repositoryOf(
  world: World,
  region: string,
  name: string | undefined,
  registryId: string | undefined,
): Repository {
  const repository = world.region(region).ecr.repositories.get(name ?? "");
  if (repository && (registryId ?? world.account) === world.account) return repository;
  throw repositoryNotFound(name ?? "", registryId ?? world.account);
}

/** What ECR says of a repository that is not there. */
export function repositoryNotFound(name: string, registryId: string): AwsError {
  return new AwsError(
    "RepositoryNotFoundException",
    `The repository with name '${name}' does not exist in the registry with id '${registryId}'`,
  );
}

const invalidTag = (key: string) =>
  new AwsError("InvalidTagParameterException", `Invalid tag: the key '${key}' or its value is not allowed.`);

const TAG_RULES: TagRules = {
  badLength: invalidTag,
  reserved: invalidTag,
  tooMany: (most) => new AwsError("TooManyTagsException", `The number of tags exceeds the maximum of ${most}.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}
