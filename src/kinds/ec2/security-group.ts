import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  type SecurityGroup as Ec2Group,
  paginateDescribeSecurityGroups,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { rulesOfGroups } from "../../aws/security-group-rules.ts";
import { askedFor } from "../../aws/shared-reads.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { holderOf } from "./security-group-holders.ts";
import {
  type ActualRule,
  compareRules,
  describeRule,
  fromAws,
  type IngressRule,
  ruleKey,
  toPermission,
} from "./security-group-rules.ts";
import { writeTags } from "./tags.ts";

/** A security group and who may come in. */
export interface SecurityGroupDesired {
  readonly name: string;
  /** Cannot be changed once the group exists. */
  readonly description: string;
  readonly vpcId: string;
  readonly ingress: readonly IngressRule[];
  readonly tags: Tags;
}

/** A security group as AWS has it. Its egress is left alone: a new group lets everything out. */
export interface SecurityGroup {
  readonly groupId: string;
  /** Its name, where that differs from the wanted one in its capitals. Absent: it is the wanted one. */
  readonly otherwiseWritten?: string;
  readonly description: string;
  readonly ingress: readonly ActualRule[];
  readonly tags: Tags;
}

/**
 * A security group with its ingress rules. Names are unique in a VPC, so it is found by both; capitals do not count there, but
 * they do in a filter.
 */
export const securityGroup: Kind<SecurityGroupDesired, SecurityGroup, Aws> = {
  type: "ec2.security-group",
  async find(aws, { name, vpcId }) {
    const groups = await groupsOf(aws, vpcId, askedFor(aws, "name", name));
    const namesakes = groups.filter(({ GroupName }) => GroupName?.toLowerCase() === name.toLowerCase());
    const group = namesakes.find(({ GroupName }) => GroupName === name) ?? namesakes[0];
    if (!group?.GroupId) return undefined;
    const rules = await rulesOfGroups(
      aws,
      groups.flatMap(({ GroupId }) => GroupId ?? []),
    );
    return {
      groupId: group.GroupId,
      ...(group.GroupName !== name && { otherwiseWritten: group.GroupName ?? "" }),
      description: group.Description ?? "",
      ingress: rules.filter(({ GroupId }) => GroupId === group.GroupId).flatMap((rule) => fromAws(rule, aws.stack)),
      tags: fromTagList(group.Tags),
    };
  },
  diff(desired, actual) {
    const { missing, stale, misdescribed } = compareRules(desired.ingress, actual.ingress);
    const changes: Change[] = [
      ...missing.map((rule) => ({ field: `ingress ${ruleKey(rule)}`, to: "allowed" })),
      ...stale.map((rule) => ({ field: `ingress ${ruleKey(rule)}`, from: "allowed" })),
      ...misdescribed.map(({ rule, description }) => ({
        field: `description of ingress ${ruleKey(rule)}`,
        from: rule.description ?? "",
        to: description,
      })),
      ...tagChanges(desired.tags, actual.tags),
    ];
    if (desired.description === actual.description) return changes;
    return [
      ...changes,
      { field: "description", from: actual.description, to: desired.description, needsReplacement: true },
    ];
  },
  async create(aws, { name, description, vpcId, tags }) {
    const made = { description, ingress: [], tags: { ...tags, ...aws.ownership } };
    const { GroupId: groupId } = await aws.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: description,
        VpcId: vpcId,
        TagSpecifications: [{ ResourceType: "security-group", Tags: toTagList(made.tags) }],
      }),
    );
    // Its rules are left to `update`, which alone is repeated while EC2 does not see the group yet.
    return groupId === undefined ? undefined : { groupId, ...made };
  },
  async update(aws, desired, actual, changes) {
    const { groupId, ingress } = actual;
    const { missing, stale, misdescribed } = compareRules(desired.ingress, ingress);
    const allowed = await allow(aws, groupId, missing);
    if (changes.length === missing.length && allowed.length === missing.length) {
      return { ...actual, ingress: [...ingress, ...allowed] };
    }
    await revoke(aws, groupId, stale);
    for (const { rule, description } of misdescribed) await redescribe(aws, groupId, { ...rule, description });
    await writeTags(aws, groupId, tagsToWrite(desired.tags, changes));
    return undefined;
  },
  async remove(aws, { groupId }) {
    try {
      await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
    } catch (error) {
      // Rules of other groups hold it too. Ours go; the engine asks again, and says what else there is.
      if (isCode(error, "DependencyViolation")) await revokeMentions(aws, groupId);
      throw error;
    }
  },
  broken({ groupId, otherwiseWritten }) {
    if (otherwiseWritten === undefined) return undefined;
    return `the VPC has a security group ${otherwiseWritten} (${groupId}), and AWS does not tell names apart by their capitals`;
  },
  remedy: ({ otherwiseWritten }) =>
    `Write ${otherwiseWritten} in the variables if that group is meant, else choose another name.`,
  outlives: ["ec2.security-group"],
  blockedBy: (aws, { groupId }) => holderOf(aws, groupId),
  tags: ({ tags }) => tags,
  adopt: (aws, { groupId }, tags) => writeTags(aws, groupId, tags),
  addedByOthers,
  describe(group) {
    const others = addedByOthers(group);
    const ours = group.ingress.filter((rule) => rule.ours).map(describeRule);
    const foreign = others.length > 0 ? [`added by others: ${others.join(", ")}`] : [];
    return [...ours, ...foreign].join(", ");
  },
  goneAtOnce: true,
  // Network interfaces of a load balancer hold a group for up to 20 minutes after it is gone.
  limits: { usually: 1, usuallyGone: 120, ready: 120, gone: 1200 },
};

function addedByOthers({ ingress }: SecurityGroup): string[] {
  return ingress.filter((rule) => !rule.ours).map(describeRule);
}

function groupsOf({ ec2, shared }: Aws, vpcId: string, names: readonly string[]): Promise<Ec2Group[]> {
  const Filters = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "group-name", Values: [...new Set(names.flatMap((name) => [inFilter(name), inAnyCapitals(name)]))] },
  ];
  return shared.read(`security groups ${names} of ${vpcId}`, async () => {
    const groups: Ec2Group[] = [];
    const pages = paginateDescribeSecurityGroups({ client: ec2 }, { Filters });
    for await (const { SecurityGroups = [] } of pages) groups.push(...SecurityGroups);
    return groups;
  });
}

/** Asterisks and question marks of a name stand for themselves. (EC2, "Using filtering") */
function inFilter(name: string): string {
  return name.replace(/[\\*?]/g, "\\$&");
}

/** Any name that has letters where this one has some. */
function inAnyCapitals(name: string): string {
  return inFilter(name).replace(/[a-z]/gi, "?");
}

/**
 * One call a rule: AWS refuses a whole list when one of its rules exists already. Answers those of which AWS has told what it
 * made.
 */
async function allow(aws: Aws, groupId: string, rules: readonly IngressRule[]): Promise<ActualRule[]> {
  const allowed: ActualRule[] = [];
  const Tags = toTagList(aws.ownership);
  for (const rule of rules) {
    const IpPermissions = [toPermission(rule)];
    const TagSpecifications = [{ ResourceType: "security-group-rule" as const, Tags }];
    const request = { GroupId: groupId, IpPermissions, TagSpecifications };
    try {
      const { SecurityGroupRules = [] } = await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand(request));
      allowed.push(...SecurityGroupRules.flatMap((made) => fromAws({ ...made, Tags }, aws.stack)));
    } catch (error) {
      if (!isCode(error, "InvalidPermission.Duplicate")) throw error;
    }
  }
  return allowed;
}

async function revoke({ ec2 }: Aws, groupId: string, rules: readonly ActualRule[]): Promise<void> {
  if (rules.length === 0) return;
  const SecurityGroupRuleIds = rules.map(({ ruleId }) => ruleId);
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds }));
}

/** Takes our rules that let this group in out of other groups. */
async function revokeMentions(aws: Aws, groupId: string): Promise<void> {
  const Filters = [{ Name: "ip-permission.group-id", Values: [groupId] }];
  const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  const others = SecurityGroups.flatMap(({ GroupId }) => (GroupId && GroupId !== groupId ? [GroupId] : []));
  if (others.length === 0) return;
  const rules = await rulesOfGroups(aws, others);
  for (const other of others) {
    const found = rules.filter(({ GroupId }) => GroupId === other).flatMap((rule) => fromAws(rule, aws.stack));
    await revoke(
      aws,
      other,
      found.filter(({ ours, sourceGroup }) => ours && sourceGroup === groupId),
    );
  }
}

async function redescribe({ ec2 }: Aws, groupId: string, rule: IngressRule): Promise<void> {
  const IpPermissions = [toPermission(rule)];
  await ec2.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId: groupId, IpPermissions }));
}
