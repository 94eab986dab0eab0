import type { IpPermission, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { fromTagList, STACK_TAG } from "../../aws/tags.ts";

/** Who may come in on which ports. Exactly one of `cidr` and `sourceGroup` is there. */
export interface IngressRule {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** An IPv4 range. */
  readonly cidr?: string;
  /** Id of a security group whose members may come in. */
  readonly sourceGroup?: string;
  readonly description?: string | undefined;
}

/** A rule as AWS has it. */
export interface ActualRule extends IngressRule {
  readonly ruleId: string;
  /** True when it carries our stack's tag: then it is ours to change and to revoke. */
  readonly ours: boolean;
}

/** How the wanted rules and those that are there differ. */
export interface RuleDifference {
  readonly missing: readonly IngressRule[];
  /** Ours, but no longer wanted or changed by someone into something else. */
  readonly stale: readonly ActualRule[];
  /** There, ours, with another description than wanted. */
  readonly misdescribed: readonly { readonly rule: ActualRule; readonly description: string }[];
}

/** A rule without its description: two rules of the same key are one to AWS (InvalidPermission.Duplicate). */
export function ruleKey({ protocol, fromPort, toPort, cidr, sourceGroup }: IngressRule): string {
  const ports = fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`;
  return `${protocol} ${ports} from ${cidr ?? sourceGroup}`;
}

/** What has to be done about the rules. Rules that other people added are no difference. */
export function compareRules(wanted: readonly IngressRule[], actual: readonly ActualRule[]): RuleDifference {
  const there = new Map(actual.map((rule) => [ruleKey(rule), rule]));
  const keys = new Set(wanted.map(ruleKey));
  return {
    missing: wanted.filter((rule) => !there.has(ruleKey(rule))),
    stale: actual.filter((rule) => rule.ours && !keys.has(ruleKey(rule))),
    misdescribed: wanted.flatMap(({ description = "", ...rest }) => {
      const rule = there.get(ruleKey(rest));
      return rule?.ours && (rule.description ?? "") !== description ? [{ rule, description }] : [];
    }),
  };
}

/** A rule of ec2:DescribeSecurityGroupRules; nothing for egress and for sources that we never make (IPv6, prefix lists). */
export function fromAws(rule: SecurityGroupRule, stack: string): ActualRule[] {
  const sourceGroup = rule.ReferencedGroupInfo?.GroupId;
  if (rule.IsEgress || (rule.CidrIpv4 === undefined && sourceGroup === undefined)) return [];
  const actual = {
    ruleId: rule.SecurityGroupRuleId ?? "",
    ours: fromTagList(rule.Tags)[STACK_TAG] === stack,
    protocol: rule.IpProtocol ?? "-1",
    fromPort: rule.FromPort ?? -1,
    toPort: rule.ToPort ?? -1,
    ...(rule.CidrIpv4 === undefined ? {} : { cidr: rule.CidrIpv4 }),
    ...(sourceGroup === undefined ? {} : { sourceGroup }),
    ...(rule.Description === undefined ? {} : { description: rule.Description }),
  };
  return [actual];
}

/** A rule as ec2:AuthorizeSecurityGroupIngress takes it. */
export function toPermission({
  protocol,
  fromPort,
  toPort,
  cidr,
  sourceGroup,
  description,
}: IngressRule): IpPermission {
  const Description = description;
  return {
    IpProtocol: protocol,
    FromPort: fromPort,
    ToPort: toPort,
    ...(cidr === undefined ? {} : { IpRanges: [{ CidrIp: cidr, Description }] }),
    ...(sourceGroup === undefined ? {} : { UserIdGroupPairs: [{ GroupId: sourceGroup, Description }] }),
  };
}

/** A rule in words: `tcp 3001 from anywhere`. */
export function describeRule(rule: IngressRule): string {
  return ruleKey(rule).replace("0.0.0.0/0", "anywhere");
}
