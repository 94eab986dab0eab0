import {
  type Role as FoundRole,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateGetAccountAuthorizationDetails,
  paginateListAttachedRolePolicies,
} from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";
import { awsError, isCode } from "../../aws/errors.ts";
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

/** The role of this name: from the account's listing at the first look of a run, by its name from then on. */
export async function findRole(aws: Aws, { name, inlinePolicies = {} }: Wanted): Promise<Role | undefined> {
  const wanted = Object.keys(inlinePolicies);
  if (aws.shared.untouched) {
    const roles = await aws.shared.read("iam roles", () => allRoles(aws.iam));
    if (roles) return withInline(roles.get(name), wanted);
  }
  return roleByName(aws.iam, name, wanted);
}

/** What of a role is looked for: its name, and the names of policies of its own. */
interface Wanted {
  readonly name: string;
  readonly inlinePolicies?: Readonly<Record<string, unknown>>;
}

/** Policies that nobody asks for are other people's. */
function withInline(role: Role | undefined, wanted: readonly string[]): Role | undefined {
  if (!role) return undefined;
  const there = Object.entries(role.inlinePolicies).filter(([name]) => wanted.includes(name));
  return { ...role, inlinePolicies: Object.fromEntries(there) };
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
        const inline = (found.RolePolicyList ?? []).map(
          ({ PolicyName = "", PolicyDocument = "" }) => [PolicyName, decodePolicy(PolicyDocument)] as const,
        );
        const role = roleFrom(found, attached, Object.fromEntries(inline));
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

async function roleByName(iam: IAMClient, name: string, wanted: readonly string[]): Promise<Role | undefined> {
  try {
    const [{ Role: found }, managedPolicies, ...inline] = await Promise.all([
      iam.send(new GetRoleCommand({ RoleName: name })),
      attachedPolicies(iam, name),
      ...wanted.map((policy) => inlinePolicy(iam, name, policy)),
    ]);
    return found && roleFrom(found, managedPolicies, Object.fromEntries(inline.flat()));
  } catch (error) {
    if (isCode(error, "NoSuchEntity")) return undefined;
    throw error;
  }
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

function roleFrom(
  { RoleName, Arn, AssumeRolePolicyDocument = "", Tags }: Partial<FoundRole>,
  managedPolicies: readonly string[],
  inlinePolicies: Role["inlinePolicies"],
): Role | undefined {
  if (!RoleName || !Arn) return undefined;
  const trust = decodePolicy(AssumeRolePolicyDocument);
  return { name: RoleName, arn: Arn, trust, managedPolicies, inlinePolicies, tags: fromTagList(Tags) };
}

/** ARNs of the managed policies that are attached to a role. */
export async function attachedPolicies(iam: IAMClient, name: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName: name })) {
    for (const { PolicyArn } of page.AttachedPolicies ?? []) if (PolicyArn) arns.push(PolicyArn);
  }
  return arns;
}
