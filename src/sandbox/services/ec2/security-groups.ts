import type { IpPermission } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import { defaultVpcOf, groupOf } from "../../world/ec2/security-groups.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const LONGEST_NAME = 255;
/** Characters of a group's name and description (ec2:CreateSecurityGroup). Letters with accents are not among them. */
const ALLOWED = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/;

interface Described extends SecurityGroup {
  readonly rules: readonly SecurityGroupRule[];
}

const FILTERS: Filters<Described> = {
  "group-id": ({ GroupId }) => GroupId,
  "group-name": ({ GroupName }) => GroupName,
  description: ({ Description }) => Description,
  "owner-id": ({ OwnerId }) => OwnerId,
  "vpc-id": ({ VpcId }) => VpcId,
  ...ruleFilters("ip-permission", false),
  ...ruleFilters("egress.ip-permission", true),
  ...tagFilters(({ Tags }) => Tags),
};

/** Security groups, without their rules. */
export function securityGroupOperations(world: World): Ec2Operations {
  return {
    CreateSecurityGroup: changing(
      ["GroupName", "Description", "VpcId", "TagSpecifications"],
      ({ GroupName: given, Description, VpcId: wanted, TagSpecifications }, { region: name, account }) => {
        const region = world.region(name);
        // Spaces at its end are taken off. (VPC, "Security group basics")
        const GroupName = given?.trimEnd();
        if (!GroupName) throw missingParameter("GroupName");
        if (!Description) throw missingParameter("GroupDescription");
        checkName(GroupName);
        checkText("GroupDescription", Description);
        const Tags = tagsFor("security-group", TagSpecifications);
        const VpcId = wanted ? recordOf("vpc", region.ec2.vpcs, wanted).VpcId : defaultVpcOf(region);
        const isNamesake = (group: SecurityGroup) => group.GroupName.toLowerCase() === GroupName.toLowerCase();
        if (region.ec2.securityGroups.find((group) => group.VpcId === VpcId && isNamesake(group))) {
          throw new AwsError(
            "InvalidGroup.Duplicate",
            `The security group '${GroupName}' already exists for VPC '${VpcId}'`,
          );
        }
        return () => {
          const GroupId = newId("sg");
          const SecurityGroupArn = `arn:aws:ec2:${name}:${account}:security-group/${GroupId}`;
          const hidden = { visibleAt: world.later("security group visible") };
          const group = { GroupId, GroupName, Description, VpcId, OwnerId: account, SecurityGroupArn, Tags, hidden };
          region.ec2.securityGroups.put(group);
          region.ec2.securityGroupRules.put(allowAllOut(GroupId, account));
          return { GroupId, SecurityGroupArn, Tags };
        };
      },
    ),

    DescribeSecurityGroups: reading(
      ["GroupIds", "GroupNames", "Filters", "NextToken", "MaxResults"],
      (input, { region: name }) => {
        const region = world.region(name);
        const { securityGroups, securityGroupRules } = region.ec2;
        const byName = (input.GroupNames ?? []).map((groupName) => groupOf(region, { GroupName: groupName }));
        const byId = recordsOf("securityGroup", securityGroups, input.GroupIds ?? []);
        const isAsked = input.GroupIds?.length || input.GroupNames?.length;
        const described = (isAsked ? [...byId, ...byName] : securityGroups.all()).map((group) => ({
          ...group,
          rules: securityGroupRules.filter(({ GroupId }) => GroupId === group.GroupId),
        }));
        const { items, ...rest } = paged(
          filtered(described, input.Filters, FILTERS),
          input,
          world.pageSize,
          input.GroupIds,
        );
        const SecurityGroups = items.map(({ rules, ...group }) => ({
          ...group,
          IpPermissions: permissionsOf(rules.filter(({ IsEgress }) => !IsEgress)),
          IpPermissionsEgress: permissionsOf(rules.filter(({ IsEgress }) => IsEgress)),
        }));
        return { SecurityGroups, ...rest };
      },
    ),

    DeleteSecurityGroup: changing(["GroupId", "GroupName"], ({ GroupId, GroupName }, { region: name }) => {
      const region = world.region(name);
      const group = groupOf(region, { GroupId, GroupName });
      if (group.GroupName === "default") {
        throw new AwsError(
          "CannotDelete",
          `the specified group: "${group.GroupId}" name: "default" cannot be deleted by a user`,
        );
      }
      if (isUsed(region, group.GroupId)) {
        throw new AwsError("DependencyViolation", `resource ${group.GroupId} has a dependent object`);
      }
      return () => {
        const { securityGroups, securityGroupRules } = region.ec2;
        for (const rule of securityGroupRules.filter((one) => one.GroupId === group.GroupId)) {
          securityGroupRules.delete(rule.SecurityGroupRuleId);
        }
        securityGroups.delete(group.GroupId);
        return { Return: true, GroupId: group.GroupId };
      };
    }),
  };
}

/** By a network interface, or by a rule of another group. */
function isUsed(region: Region, groupId: string): boolean {
  const { networkInterfaces, securityGroupRules } = region.ec2;
  return (
    networkInterfaces.all().some(({ Groups }) => Groups.some(({ GroupId }) => GroupId === groupId)) ||
    securityGroupRules
      .all()
      .some(({ GroupId, ReferencedGroupInfo }) => GroupId !== groupId && ReferencedGroupInfo?.GroupId === groupId)
  );
}

function checkName(name: string): void {
  if (name.toLowerCase() === "default") throw invalidValue("Cannot use reserved security group name: default");
  if (/^sg-/i.test(name)) {
    throw invalidValue(`Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*`);
  }
  checkText("GroupName", name);
}

function checkText(parameter: string, text: string): void {
  const refuse = (reason: string) => invalidValue(`Value (${text}) for parameter ${parameter} is invalid. ${reason}`);
  if (text.length > LONGEST_NAME) throw refuse(`It must be no more than ${LONGEST_NAME} characters long.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS's check is on ASCII as a whole
  if (/[^\x00-\x7f]/.test(text)) throw refuse("Character sets beyond ASCII are not supported.");
  if (!ALLOWED.test(text)) throw refuse("Valid characters are a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*");
}

function allowAllOut(GroupId: string, GroupOwnerId: string): SecurityGroupRule {
  const everything = { IpProtocol: "-1", FromPort: -1, ToPort: -1, CidrIpv4: "0.0.0.0/0" };
  return { SecurityGroupRuleId: newId("sgr"), GroupId, GroupOwnerId, IsEgress: true, ...everything, Tags: [] };
}

/** Rules as DescribeSecurityGroups shows them: those of the same protocol and ports in one. */
function permissionsOf(rules: readonly SecurityGroupRule[]): IpPermission[] {
  const permissions = new Map<string, IpPermission & Required<Pick<IpPermission, "IpRanges">>>();
  for (const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, ReferencedGroupInfo, Description } of rules) {
    const key = `${IpProtocol} ${FromPort} ${ToPort}`;
    const ports = IpProtocol === "-1" ? {} : { FromPort, ToPort };
    const permission = permissions.get(key) ?? {
      IpProtocol,
      ...ports,
      IpRanges: [],
      Ipv6Ranges: [],
      UserIdGroupPairs: [],
      PrefixListIds: [],
    };
    permissions.set(key, permission);
    if (CidrIpv4) permission.IpRanges?.push({ CidrIp: CidrIpv4, Description });
    if (CidrIpv6) permission.Ipv6Ranges?.push({ CidrIpv6, Description });
    const { GroupId, UserId } = ReferencedGroupInfo ?? {};
    if (GroupId) permission.UserIdGroupPairs?.push({ GroupId, UserId, Description });
  }
  return [...permissions.values()];
}

function ruleFilters(prefix: string, egress: boolean): Filters<Described> {
  const of =
    (read: (rule: SecurityGroupRule) => string | number | undefined) =>
    ({ rules }: Described) =>
      rules.filter(({ IsEgress }) => IsEgress === egress).map(read);
  return {
    [`${prefix}.cidr`]: of(({ CidrIpv4 }) => CidrIpv4),
    [`${prefix}.from-port`]: of(({ FromPort }) => FromPort),
    [`${prefix}.group-id`]: of(({ ReferencedGroupInfo }) => ReferencedGroupInfo?.GroupId),
    [`${prefix}.ipv6-cidr`]: of(({ CidrIpv6 }) => CidrIpv6),
    [`${prefix}.protocol`]: of(({ IpProtocol }) => IpProtocol),
    [`${prefix}.to-port`]: of(({ ToPort }) => ToPort),
  };
}
