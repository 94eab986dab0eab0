import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  type IAMClient,
  paginateListInstanceProfilesForRole,
  paginateListRolePolicies,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";
import { type Tags, toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";
import { samePolicy, trustPolicy } from "./policy-document.ts";
import { attachedPolicies, findRole } from "./role-reads.ts";

/** A role that a service assumes. Names are unique in the account. */
export interface RoleDesired {
  readonly name: string;
  /** Who may assume it, e.g. `ec2.amazonaws.com`. */
  readonly service: string;
  /** ARNs of managed policies. Those that other people attach stay. */
  readonly managedPolicies: readonly string[];
}

/** A role as IAM has it. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  /** JSON. */
  readonly trust: string;
  readonly managedPolicies: readonly string[];
  readonly tags: Tags;
}

/** A role with its trust policy and managed policies. */
export const role: Kind<RoleDesired, Role, Aws> = {
  type: "iam.role",
  find: findRole,
  diff(desired, actual) {
    const missing = desired.managedPolicies.filter((arn) => !actual.managedPolicies.includes(arn));
    const policies = missing.map((arn) => ({ field: `policy ${policyName(arn)}`, to: "attached" }));
    const wanted = trustPolicy(desired.service);
    if (samePolicy(wanted, actual.trust)) return policies;
    return [{ field: TRUST, from: actual.trust, to: wanted }, ...policies];
  },
  async create({ iam, ownership }, { name, service, managedPolicies }) {
    await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: trustPolicy(service),
        Tags: toTagList(ownership),
      }),
    );
    await attach(iam, name, managedPolicies);
  },
  async update({ iam }, desired, { name, managedPolicies }, changes) {
    if (changes.some(({ field }) => field === TRUST)) {
      const PolicyDocument = trustPolicy(desired.service);
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument }));
    }
    const missing = desired.managedPolicies.filter((arn) => !managedPolicies.includes(arn));
    await attach(iam, name, missing);
  },
  async remove({ iam }, { name }) {
    // A role can only be deleted bare (DeleteConflict). What others attached to our role goes with it.
    await leaveProfiles(iam, name);
    for (const PolicyArn of await attachedPolicies(iam, name)) {
      await iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
    }
    for (const PolicyName of await inlinePolicies(iam, name)) {
      await iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
    }
    await iam.send(new DeleteRoleCommand({ RoleName: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ iam }, { name }, tags) {
    await iam.send(new TagRoleCommand({ RoleName: name, Tags: toTagList(tags) }));
  },
  describe: ({ managedPolicies }) => (managedPolicies.length === 1 ? "1 policy" : `${managedPolicies.length} policies`),
  limits: { usually: 2, ready: 120, gone: 120 },
};

const TRUST = "trust policy";

async function attach(iam: IAMClient, name: string, arns: readonly string[]): Promise<void> {
  // Attaching twice is no error (iam:AttachRolePolicy).
  await Promise.all(arns.map((PolicyArn) => iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }))));
}

async function inlinePolicies(iam: IAMClient, name: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListRolePolicies({ client: iam }, { RoleName: name })) {
    names.push(...(page.PolicyNames ?? []));
  }
  return names;
}

/** Takes the role out of every instance profile. Ours are gone by now; a half-made one may be left. */
async function leaveProfiles(iam: IAMClient, name: string): Promise<void> {
  for await (const page of paginateListInstanceProfilesForRole({ client: iam }, { RoleName: name })) {
    for (const { InstanceProfileName } of page.InstanceProfiles ?? []) {
      await iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName: name, InstanceProfileName }));
    }
  }
}

function policyName(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
