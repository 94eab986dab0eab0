import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  type IAMClient,
  ListInstanceProfileTagsCommand,
  PutRolePolicyCommand,
  paginateListInstanceProfilesForRole,
  paginateListRolePolicies,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { fromTagList, STACK_TAG, toTagList } from "../../aws/tags.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { type FederatedTrust, type PolicyDocument, samePolicy, trustPolicy } from "./policy-document.ts";
import { findRole, type Role, roleFrom } from "./role-reads.ts";

/** A role that a service assumes. Names are unique in the account. */
export interface RoleDesired {
  readonly name: string;
  /** Who may assume it: a service, e.g. `ec2.amazonaws.com`, or those of an identity provider that fit. */
  readonly service: string | FederatedTrust;
  /** ARNs of managed policies. Those that other people attach stay. */
  readonly managedPolicies: readonly string[];
  /** Policies of its own, by name. Those that other people add stay. Default: none. */
  readonly inlinePolicies?: Readonly<Record<string, PolicyDocument>>;
  /**
   * Policies that other variables would give it, by name: they are taken away. One of such a name that says something else is other
   * people's. Default: none.
   */
  readonly formerPolicies?: Readonly<Record<string, PolicyDocument>>;
  /** Whether a role that somebody else made is of use without those. Default false. */
  readonly isUsableWithout?: boolean;
}

/** A role with its trust policy, managed policies and policies of its own. */
export const role: Kind<RoleDesired, Role, Aws> = {
  type: "iam.role",
  global: true,
  find: findRole,
  diff(desired, actual) {
    const missing = desired.managedPolicies.filter((arn) => !actual.managedPolicies.includes(arn));
    const policies: Change[] = [
      ...missing.map((arn) => ({ field: `policy ${nameIn(arn)}`, to: "attached" })),
      ...wrongInline(desired, actual).map(({ name, from, to }) => ({
        field: `inline policy ${name}`,
        ...(from === undefined ? { to: "attached", indispensable: !desired.isUsableWithout } : { from, to }),
      })),
      ...formerInline(desired, actual).map((name) => ({ field: `inline policy ${name}`, from: "attached" })),
    ];
    const wanted = trustPolicy(desired.service);
    if (samePolicy(wanted, actual.trust)) return policies;
    return [{ field: TRUST, from: actual.trust, to: wanted }, ...policies];
  },
  async create({ iam, ownership }, desired) {
    const { name, service, managedPolicies } = desired;
    const Tags = toTagList(ownership);
    const { Role: made } = await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: trustPolicy(service),
        Tags,
      }),
    );
    await attach(iam, name, managedPolicies);
    const inline = wrongInline(desired, { inlinePolicies: {} });
    await putInline(iam, name, inline);
    const inlinePolicies = Object.fromEntries(inline.map(({ name: policy, to }) => [policy, to]));
    return made && roleFrom({ ...made, Tags }, managedPolicies, inlinePolicies);
  },
  async update({ iam }, desired, actual, changes) {
    const { name, managedPolicies } = actual;
    if (changes.some(({ field }) => field === TRUST)) {
      const PolicyDocument = trustPolicy(desired.service);
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument }));
    }
    const missing = desired.managedPolicies.filter((arn) => !managedPolicies.includes(arn));
    await attach(iam, name, missing);
    await putInline(iam, name, wrongInline(desired, actual));
    for (const PolicyName of formerInline(desired, actual)) {
      await iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
    }
  },
  async remove({ iam, stack }, role) {
    const { name } = role;
    const profiles = await profilesWith(iam, name);
    const ours = profiles.filter(({ of }) => of === stack);
    await leaveProfiles(iam, name, ours);
    // A role can only be deleted bare (DeleteConflict). What others attached to our role goes with it, unless they use it.
    if (ours.length === profiles.length) await strip(iam, role);
    await iam.send(new DeleteRoleCommand({ RoleName: name }));
  },
  async blockedBy(aws, { name }) {
    const profiles = await profilesOfOthers(aws, name);
    if (profiles.length === 0) return undefined;
    const by = profiles.map((profile) => `instance profile ${profile}`).join(", ");
    const next = `Others use the role. In the IAM console, take ${name} out of ${by}; then run the same command again.`;
    return { by, next };
  },
  tags: ({ tags }) => tags,
  async adopt({ iam }, { name }, tags) {
    await iam.send(new TagRoleCommand({ RoleName: name, Tags: toTagList(tags) }));
  },
  describe({ managedPolicies, inlinePolicies }) {
    const count = managedPolicies.length + Object.keys(inlinePolicies).length;
    return count === 1 ? "1 policy" : `${count} policies`;
  },
  goneAtOnce: true,
  limits: { usually: 2, ready: 120, gone: 120 },
};

const TRUST = "trust policy";

async function attach(iam: IAMClient, name: string, arns: readonly string[]): Promise<void> {
  // Attaching twice is no error (iam:AttachRolePolicy).
  await Promise.all(arns.map((PolicyArn) => iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }))));
}

async function inlinePolicyNames(iam: IAMClient, name: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListRolePolicies({ client: iam }, { RoleName: name })) {
    names.push(...(page.PolicyNames ?? []));
  }
  return names;
}

interface WrongInline {
  readonly name: string;
  /** JSON; undefined: it is not there. */
  readonly from: string | undefined;
  readonly to: string;
}

/** The role's own policies that are not there or say something else. */
function wrongInline(
  desired: Pick<RoleDesired, "inlinePolicies">,
  actual: Pick<Role, "inlinePolicies">,
): WrongInline[] {
  return Object.entries(desired.inlinePolicies ?? {}).flatMap(([name, document]) => {
    const from = actual.inlinePolicies[name];
    const to = JSON.stringify(document);
    return from !== undefined && samePolicy(from, to) ? [] : [{ name, from, to }];
  });
}

/** Names of the role's own policies that it is to have no longer. */
function formerInline({ formerPolicies = {} }: RoleDesired, actual: Pick<Role, "inlinePolicies">): string[] {
  return Object.entries(formerPolicies).flatMap(([name, document]) => {
    const found = actual.inlinePolicies[name];
    return found !== undefined && samePolicy(found, JSON.stringify(document)) ? [name] : [];
  });
}

async function putInline(iam: IAMClient, RoleName: string, policies: readonly WrongInline[]): Promise<void> {
  for (const { name, to } of policies) {
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument: to }));
  }
}

/** Takes the role out of the stack's instance profiles. Those of the variables are gone by now; another one may be left. */
async function leaveProfiles(iam: IAMClient, name: string, ours: readonly HoldingProfile[]): Promise<void> {
  for (const { profile } of ours) {
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName: name, InstanceProfileName: profile }));
  }
}

/** Names of the instance profiles that hold the role and are not the stack's: instances of somebody else work with them. */
async function profilesOfOthers({ iam, stack }: Aws, name: string): Promise<string[]> {
  return (await profilesWith(iam, name)).flatMap(({ profile, of }) => (of === stack ? [] : [profile]));
}

interface HoldingProfile {
  readonly profile: string;
  /** The stack that it is of; undefined: none. */
  readonly of: string | undefined;
}

/** The instance profiles that hold a role. Their listing leaves out tags. */
async function profilesWith(iam: IAMClient, RoleName: string): Promise<HoldingProfile[]> {
  const names: string[] = [];
  for await (const page of paginateListInstanceProfilesForRole({ client: iam }, { RoleName })) {
    names.push(...(page.InstanceProfiles ?? []).flatMap(({ InstanceProfileName }) => InstanceProfileName ?? []));
  }
  const looks = names.map(async (profile) => {
    const { Tags } = await iam.send(new ListInstanceProfileTagsCommand({ InstanceProfileName: profile }));
    return { profile, of: fromTagList(Tags)[STACK_TAG] };
  });
  return Promise.all(looks);
}

/** What was attached since the role was seen makes IAM refuse to delete it, and then it is looked at again. */
async function strip(iam: IAMClient, { name: RoleName, managedPolicies }: Role): Promise<void> {
  for (const PolicyArn of managedPolicies) {
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  }
  for (const PolicyName of await inlinePolicyNames(iam, RoleName)) {
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  }
}
