import {
  type Role as FoundRole,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
} from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags } from "../../aws/tags.ts";
import { decodePolicy } from "./policy-document.ts";

/** A role as IAM has it. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  /** JSON. */
  readonly trust: string;
  readonly managedPolicies: readonly string[];
  /** JSON by name, of those that are asked for. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/**
 * The role of this name, by two calls at once and one for each policy of its own that is asked for. (IAM's one listing of roles
 * with their policies has every role of the account in it, by the megabyte, and few are let read it.)
 */
export async function findRole({ iam }: Aws, wanted: Wanted): Promise<Role | undefined> {
  const { name, inlinePolicies = {}, formerPolicies = {} } = wanted;
  try {
    const [{ Role: found }, managedPolicies, ...inline] = await Promise.all([
      iam.send(new GetRoleCommand({ RoleName: name })),
      attachedPolicies(iam, name),
      ...Object.keys({ ...inlinePolicies, ...formerPolicies }).map((policy) => inlinePolicy(iam, name, policy)),
    ]);
    return found && roleFrom(found, managedPolicies, Object.fromEntries(inline.flat()));
  } catch (error) {
    if (isCode(error, "NoSuchEntity")) return undefined;
    throw error;
  }
}

/** What of a role is looked for: its name, and the names of policies of its own. Others are other people's. */
interface Wanted {
  readonly name: string;
  readonly inlinePolicies?: Readonly<Record<string, unknown>>;
  readonly formerPolicies?: Readonly<Record<string, unknown>>;
}

/** A policy of the role's own by its name; none if it is not there. */
async function inlinePolicy(iam: IAMClient, RoleName: string, PolicyName: string): Promise<[string, string][]> {
  try {
    const { PolicyDocument = "" } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return [[PolicyName, decodePolicy(PolicyDocument)]];
  } catch (error) {
    if (isCode(error, "NoSuchEntity")) return [];
    throw error;
  }
}

/** A role from what IAM answers of it. */
export function roleFrom(
  { RoleName, Arn, AssumeRolePolicyDocument = "", Tags }: Partial<FoundRole>,
  managedPolicies: readonly string[],
  inlinePolicies: Role["inlinePolicies"],
): Role | undefined {
  if (!RoleName || !Arn) return undefined;
  const trust = decodePolicy(AssumeRolePolicyDocument);
  return { name: RoleName, arn: Arn, trust, managedPolicies, inlinePolicies, tags: fromTagList(Tags) };
}

/** ARNs of the managed policies that are attached to a role. */
async function attachedPolicies(iam: IAMClient, name: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName: name })) {
    for (const { PolicyArn } of page.AttachedPolicies ?? []) if (PolicyArn) arns.push(PolicyArn);
  }
  return arns;
}
