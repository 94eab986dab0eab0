import {
  type Role as FoundRole,
  GetRoleCommand,
  type IAMClient,
  paginateGetAccountAuthorizationDetails,
  paginateListAttachedRolePolicies,
} from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";
import { awsError, isCode } from "../../aws/errors.ts";
import { fromTagList } from "../../aws/tags.ts";
import { decodePolicy } from "./policy-document.ts";
import type { Role } from "./role.ts";

/** The role of this name: from the account's listing at the first look of a run, by its name from then on. */
export async function findRole(aws: Aws, { name }: { readonly name: string }): Promise<Role | undefined> {
  if (aws.shared.untouched) {
    const roles = await aws.shared.read("iam roles", () => allRoles(aws.iam));
    if (roles) return roles.get(name);
  }
  return roleByName(aws.iam, name);
}

/**
 * Every role with its policies and tags, by name; undefined: AWS refuses to list them. No other call of IAM answers for
 * more than one role with tags or policies (iam:GetAccountAuthorizationDetails).
 */
async function allRoles(iam: IAMClient): Promise<Map<string, Role> | undefined> {
  const roles = new Map<string, Role>();
  try {
    for await (const page of paginateGetAccountAuthorizationDetails({ client: iam }, { Filter: ["Role"] })) {
      for (const found of page.RoleDetailList ?? []) {
        const attached = (found.AttachedManagedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []);
        const role = roleFrom(found, attached);
        if (role) roles.set(role.name, role);
      }
    }
    return roles;
  } catch (error) {
    // Refused, or not known where we ask (an emulator): reading by name tells whether that is all that is wrong.
    if (awsError(error)) return undefined;
    throw error;
  }
}

async function roleByName(iam: IAMClient, name: string): Promise<Role | undefined> {
  try {
    const [{ Role: found }, managedPolicies] = await Promise.all([
      iam.send(new GetRoleCommand({ RoleName: name })),
      attachedPolicies(iam, name),
    ]);
    return found && roleFrom(found, managedPolicies);
  } catch (error) {
    if (isCode(error, "NoSuchEntity")) return undefined;
    throw error;
  }
}

function roleFrom(
  { RoleName, Arn, AssumeRolePolicyDocument = "", Tags }: Partial<FoundRole>,
  managedPolicies: readonly string[],
): Role | undefined {
  if (!RoleName || !Arn) return undefined;
  const trust = decodePolicy(AssumeRolePolicyDocument);
  return { name: RoleName, arn: Arn, trust, managedPolicies, tags: fromTagList(Tags) };
}

/** ARNs of the managed policies that are attached to a role. */
export async function attachedPolicies(iam: IAMClient, name: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName: name })) {
    for (const { PolicyArn } of page.AttachedPolicies ?? []) if (PolicyArn) arns.push(PolicyArn);
  }
  return arns;
}
