import type { Tag } from "@aws-sdk/client-iam";
import { coralError } from "../../wire/coral.ts";
import { AwsError, type Operations, type Violations } from "../../wire/service.ts";
import type { InstanceProfile, Role } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { pageOf } from "../page.ts";

/** Operations of IAM; each file declares some. */
export type IamOperations = Operations<typeof import("@aws-sdk/client-iam")>;

/** What IAM says to values that it does not take. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** The refusal of an input that IAM's model does not allow; of names and paths IAM has words of its own. */
export function refuses(violations: Violations): AwsError {
  const [{ path, rule, shape }] = violations;
  const parameter = path.charAt(0).toLowerCase() + path.slice(1);
  const letters = rule === "pattern" && shape.pattern !== undefined ? LETTERS[shape.pattern] : undefined;
  if (letters === undefined) return coralError("ValidationError", violations);
  return validationError(`The specified value for ${parameter} is invalid. It must ${letters}`);
}

/** How IAM puts some patterns of its model. */
const LETTERS: Readonly<Record<string, string>> = {
  "[\\w+=,.@-]+": "contain only alphanumeric characters and/or the following: +=,.@_-",
  "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)":
    "begin and end with / and contain only alphanumeric characters and/or / characters.",
};

/** A page of a listing, with IAM's words for it. */
export function paged<Item>(
  items: readonly Item[],
  { Marker, MaxItems }: { Marker?: string | undefined; MaxItems?: number | undefined },
  size: number,
): { items: Item[]; IsTruncated: boolean; Marker?: string } {
  // IAM may answer with fewer than MaxItems although there are more (iam:ListRoles, MaxItems).
  const invalid = () => validationError("Invalid Marker.");
  const page = pageOf(items, { size: Math.min(MaxItems ?? size, size), token: Marker, invalid });
  return {
    items: page.items,
    IsTruncated: page.next !== undefined,
    ...(page.next !== undefined && { Marker: page.next }),
  };
}

const TAG_RULES: TagRules = {
  reserved: () => new AwsError("InvalidInput", "The tag keys with the prefix 'aws:' are reserved for internal use."),
  duplicate: () =>
    new AwsError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
  tooMany: (most) => new AwsError("LimitExceeded", `The number of tags has reached the maximum limit of ${most}.`),
  ignoresCase: true,
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}

/** Tags without those of these keys, which IAM compares without regard to case. */
export function withoutTags(present: readonly Tag[], keys: readonly string[] | undefined): Tag[] {
  const gone = new Set((keys ?? []).map((key) => key.toLowerCase()));
  return present.filter(({ Key = "" }) => !gone.has(Key.toLowerCase()));
}

/** @throws AwsError if there is no such role */
export function roleOf(world: World, name: string | undefined): Role {
  const role = world.iam.roles.get(name ?? "");
  if (!role) throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`);
  return role;
}

/** @throws AwsError if there is no such instance profile */
export function instanceProfileOf(world: World, name: string | undefined): InstanceProfile {
  const profile = world.iam.instanceProfiles.get(name ?? "");
  if (!profile) throw new AwsError("NoSuchEntity", `Instance Profile ${name} cannot be found.`);
  return profile;
}

/** Service-linked roles belong to their service. */
export function refuseLinked({ RoleName, hidden }: Role, action: string): void {
  if (hidden.linkedTo === undefined) return;
  throw new AwsError(
    "UnmodifiableEntity",
    `Cannot perform the operation on the protected role '${RoleName}' - this role is only ${action} by AWS`,
  );
}
