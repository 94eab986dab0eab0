import type {
  AuthorizeSecurityGroupIngressRequest,
  IpPermission,
  RevokeSecurityGroupIngressRequest,
  Tag,
  UpdateSecurityGroupRuleDescriptionsIngressRequest,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import { groupOf, isVisible } from "../../world/ec2/security-groups.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";
import {
  checkDescription,
  inWords,
  keyOf,
  type Permission,
  permissionIn,
  readPermissions,
  readRule,
} from "./rule-shapes.ts";

/** Rules of one direction in a group (VPC quotas, "Inbound or outbound rules per security group"). */
const MOST_RULES = 60;

const FILTERS: Filters<SecurityGroupRule> = {
  "group-id": ({ GroupId }) => GroupId,
  "security-group-rule-id": ({ SecurityGroupRuleId }) => SecurityGroupRuleId,
  ...tagFilters(({ Tags }) => Tags),
};

/** Rules of security groups. */
export function securityGroupRuleOperations(world: World): Ec2Operations {
  const authorize =
    (egress: boolean) =>
    (input: AuthorizeSecurityGroupIngressRequest, { region }: { region: string }) =>
      planAuthorize(world, world.region(region), input, egress);
  const revoke =
    (egress: boolean) =>
    (input: RevokeSecurityGroupIngressRequest, { region }: { region: string }) =>
      planRevoke(world, world.region(region), input, egress);
  const redescribe =
    (egress: boolean) =>
    (input: UpdateSecurityGroupRuleDescriptionsIngressRequest, { region }: { region: string }) =>
      planRedescribe(world.region(region), input, egress);

  return {
    DescribeSecurityGroupRules: reading(
      ["SecurityGroupRuleIds", "Filters", "NextToken", "MaxResults"],
      (input, { region }) => {
        const { securityGroupRules } = world.region(region).ec2;
        const ids = input.SecurityGroupRuleIds;
        const all = ids?.length ? recordsOf("securityGroupRule", securityGroupRules, ids) : securityGroupRules.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, FILTERS), input, world.pageSize, ids);
        return { SecurityGroupRules: items, ...rest };
      },
    ),
    AuthorizeSecurityGroupIngress: changing(
      ["GroupId", "GroupName", "IpPermissions", "TagSpecifications"],
      authorize(false),
    ),
    AuthorizeSecurityGroupEgress: changing(["GroupId", "IpPermissions", "TagSpecifications"], authorize(true)),
    RevokeSecurityGroupIngress: changing(
      ["GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleIds"],
      revoke(false),
    ),
    RevokeSecurityGroupEgress: changing(["GroupId", "IpPermissions", "SecurityGroupRuleIds"], revoke(true)),
    UpdateSecurityGroupRuleDescriptionsIngress: changing(
      ["GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescriptions"],
      redescribe(false),
    ),
    UpdateSecurityGroupRuleDescriptionsEgress: changing(
      ["GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescriptions"],
      redescribe(true),
    ),

    ModifySecurityGroupRules: changing(["GroupId", "SecurityGroupRules"], (input, { region: name }) => {
      const region = world.region(name);
      const group = groupOf(region, input);
      const updates = (input.SecurityGroupRules ?? []).map(({ SecurityGroupRuleId: id, SecurityGroupRule: wanted }) => {
        const rule = recordOf("securityGroupRule", region.ec2.securityGroupRules, id ?? "", isOf(group));
        if (!wanted) throw missingParameter("SecurityGroupRule");
        const permission = readRule(wanted);
        checkSource(world, region, group, permission);
        checkDuplicate(region, group, permission, rule.IsEgress, rule.SecurityGroupRuleId);
        return { rule, permission };
      });
      if (updates.length === 0) throw missingParameter("SecurityGroupRule");
      return () => {
        for (const { rule, permission } of updates) {
          const { SecurityGroupRuleId, IsEgress, Tags } = rule;
          region.ec2.securityGroupRules.put({ ...ruleOf(group, permission, IsEgress, Tags), SecurityGroupRuleId });
        }
        return { Return: true };
      };
    }),
  };
}

function planAuthorize(world: World, region: Region, input: AuthorizeSecurityGroupIngressRequest, egress: boolean) {
  const group = groupOf(region, input, isVisible(world));
  const permissions = readPermissions(input.IpPermissions);
  const tags = tagsFor("security-group-rule", input.TagSpecifications);
  for (const permission of permissions) {
    checkSource(world, region, group, permission);
    checkDuplicate(region, group, permission, egress);
  }
  if (rulesOf(region, group, egress).length + permissions.length > MOST_RULES) {
    throw new AwsError(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
  }
  return () => {
    const rules = permissions.map((permission) => ruleOf(group, permission, egress, tags));
    for (const rule of rules) region.ec2.securityGroupRules.put(rule);
    return { Return: true, SecurityGroupRules: rules };
  };
}

function planRevoke(world: World, region: Region, input: RevokeSecurityGroupIngressRequest, egress: boolean) {
  const group = groupOf(region, input, isVisible(world));
  const { IpPermissions, SecurityGroupRuleIds: ids } = input;
  const { securityGroupRules } = region.ec2;
  const revoked = ids?.length
    ? recordsOf("securityGroupRule", securityGroupRules, ids, (rule) => isOf(group)(rule) && rule.IsEgress === egress)
    : rulesFor(region, group, IpPermissions, egress);
  return () => {
    for (const { SecurityGroupRuleId } of revoked) securityGroupRules.delete(SecurityGroupRuleId);
    const RevokedSecurityGroupRules = revoked.map(({ ReferencedGroupInfo, ...rule }) => ({
      ...rule,
      ...(ReferencedGroupInfo && { ReferencedGroupId: ReferencedGroupInfo.GroupId }),
    }));
    return { Return: true, RevokedSecurityGroupRules };
  };
}

function planRedescribe(region: Region, input: UpdateSecurityGroupRuleDescriptionsIngressRequest, egress: boolean) {
  const group = groupOf(region, input);
  const { securityGroupRules } = region.ec2;
  const changes = input.SecurityGroupRuleDescriptions?.length
    ? input.SecurityGroupRuleDescriptions.map(({ SecurityGroupRuleId: id, Description }) => ({
        rule: recordOf("securityGroupRule", securityGroupRules, id ?? "", isOf(group)),
        Description,
      }))
    : rulesFor(region, group, input.IpPermissions, egress).map((rule, index) => ({
        rule,
        Description: readPermissions(input.IpPermissions)[index]?.Description,
      }));
  for (const { rule, Description } of changes) checkDescription(Description, rule.ReferencedGroupInfo !== undefined);
  return () => {
    for (const { rule, Description } of changes) {
      const { Description: _former, ...rest } = rule;
      securityGroupRules.put(Description ? { ...rest, Description } : rest);
    }
    return { Return: true };
  };
}

/** The rules of a group that permissions stand for, in their order. */
function rulesFor(
  region: Region,
  group: SecurityGroup,
  permissions: readonly IpPermission[] | undefined,
  egress: boolean,
): SecurityGroupRule[] {
  const rules = new Map(rulesOf(region, group, egress).map((rule) => [keyOf(permissionIn(rule)), rule]));
  return readPermissions(permissions).map((permission) => {
    const rule = rules.get(keyOf(permission));
    if (!rule) {
      throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
    }
    return rule;
  });
}

function rulesOf(region: Region, group: SecurityGroup, egress: boolean): SecurityGroupRule[] {
  return region.ec2.securityGroupRules.filter((rule) => isOf(group)(rule) && rule.IsEgress === egress);
}

function isOf(group: SecurityGroup): (rule: SecurityGroupRule) => boolean {
  return ({ GroupId }) => GroupId === group.GroupId;
}

/** A group as a source must exist, be known by now, and be in the same network. */
function checkSource(world: World, region: Region, group: SecurityGroup, { groupId }: Permission): void {
  if (!groupId) return;
  const source = recordOf("securityGroup", region.ec2.securityGroups, groupId, isVisible(world));
  if (source.VpcId !== group.VpcId) {
    throw new AwsError(
      "InvalidGroup.NotFound",
      `You have specified two resources that belong to different networks: ${group.GroupId} and ${groupId}`,
    );
  }
}

/** @param except id of the rule that is about to become this one */
function checkDuplicate(
  region: Region,
  group: SecurityGroup,
  permission: Permission,
  egress: boolean,
  except?: string,
): void {
  const key = keyOf(permission);
  const others = rulesOf(region, group, egress).filter(({ SecurityGroupRuleId }) => SecurityGroupRuleId !== except);
  if (!others.some((rule) => keyOf(permissionIn(rule)) === key)) return;
  throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${inWords(permission)}" already exists`);
}

function ruleOf(group: SecurityGroup, permission: Permission, IsEgress: boolean, Tags: Tag[]): SecurityGroupRule {
  const { groupId, ...rest } = permission;
  const { GroupId, OwnerId = "" } = group;
  return {
    SecurityGroupRuleId: newId("sgr"),
    GroupId,
    GroupOwnerId: OwnerId,
    IsEgress,
    ...rest,
    ...(groupId && { ReferencedGroupInfo: { GroupId: groupId, UserId: OwnerId } }),
    Tags,
  };
}
