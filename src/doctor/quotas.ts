import { DescribeAccountLimitsCommand as ScalingLimitsCommand } from "@aws-sdk/client-auto-scaling";
import {
  DescribeAccountAttributesCommand as AccountAttributesCommand,
  DescribeAddressesCommand,
  paginateDescribeVpcs,
} from "@aws-sdk/client-ec2";
import {
  DescribeAccountLimitsCommand as BalancingLimitsCommand,
  paginateDescribeLoadBalancers,
  paginateDescribeTargetGroups,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetAccountSummaryCommand } from "@aws-sdk/client-iam";
import { DescribeAccountAttributesCommand } from "@aws-sdk/client-rds";
import { GetAccountLimitCommand } from "@aws-sdk/client-route-53";
import type { Clients } from "../aws/clients.ts";
import type { Check } from "./finding.ts";
import { judgeUse } from "./quota-use.ts";
import type { CountedThing } from "./requirements.ts";
import { quotaOf } from "./service-quota.ts";

/** How much of a quota is used. */
interface Usage {
  readonly thing: CountedThing;
  readonly most: number;
  readonly used: number;
}

const WORDS: Readonly<Record<CountedThing, string>> = {
  loadBalancers: "application load balancers",
  targetGroups: "target groups",
  autoScalingGroups: "auto scaling groups",
  databases: "RDS instances",
  hostedZones: "hosted zones",
  roles: "IAM roles",
  instanceProfiles: "instance profiles",
  vpcs: "VPCs",
  addresses: "elastic IP addresses",
};

/** VPCs of a region unless the quota was raised, where nobody may ask. (AWS General Reference, Amazon VPC endpoints and quotas) */
const USUAL_VPCS = 5;

/** A check of the quotas that one service tells. */
function quotasOf(service: string, things: readonly CountedThing[], usages: (aws: Clients) => Promise<Usage[]>): Check {
  const subject = `quotas of ${service}`;
  return {
    subject,
    async look({ aws, needs: { counts } }) {
      const needed = things.filter((thing) => counts[thing]);
      if (needed.length === 0) return [];
      const all = await usages(aws);
      return all
        .filter(({ thing }) => needed.includes(thing))
        .map(({ thing, most, used }) => judgeUse(WORDS[thing], { most, used }, counts[thing] ?? 0));
    },
  };
}

async function balancing({ elbv2 }: Clients): Promise<Usage[]> {
  const { Limits = [] } = await elbv2.send(new BalancingLimitsCommand({}));
  const most = (name: string) => Number(Limits.find((limit) => limit.Name === name)?.Max ?? Number.POSITIVE_INFINITY);
  let balancers = 0;
  for await (const page of paginateDescribeLoadBalancers({ client: elbv2 }, {}))
    balancers += page.LoadBalancers?.length ?? 0;
  let groups = 0;
  for await (const page of paginateDescribeTargetGroups({ client: elbv2 }, {}))
    groups += page.TargetGroups?.length ?? 0;
  return [
    { thing: "loadBalancers", most: most("application-load-balancers"), used: balancers },
    { thing: "targetGroups", most: most("target-groups"), used: groups },
  ];
}

async function scaling({ autoScaling }: Clients): Promise<Usage[]> {
  const limits = await autoScaling.send(new ScalingLimitsCommand({}));
  const { MaxNumberOfAutoScalingGroups: most = 0, NumberOfAutoScalingGroups: used = 0 } = limits;
  return [{ thing: "autoScalingGroups", most, used }];
}

async function databases({ rds }: Clients): Promise<Usage[]> {
  const { AccountQuotas = [] } = await rds.send(new DescribeAccountAttributesCommand({}));
  const quota = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === "DBInstances");
  return quota ? [{ thing: "databases", most: quota.Max ?? 0, used: quota.Used ?? 0 }] : [];
}

async function zones({ route53 }: Clients): Promise<Usage[]> {
  const { Limit, Count } = await route53.send(new GetAccountLimitCommand({ Type: "MAX_HOSTED_ZONES_BY_OWNER" }));
  return [{ thing: "hostedZones", most: Limit?.Value ?? 0, used: Count ?? 0 }];
}

async function identities({ iam }: Clients): Promise<Usage[]> {
  const { SummaryMap = {} } = await iam.send(new GetAccountSummaryCommand({}));
  return [
    { thing: "roles", most: SummaryMap.RolesQuota ?? 0, used: SummaryMap.Roles ?? 0 },
    { thing: "instanceProfiles", most: SummaryMap.InstanceProfilesQuota ?? 0, used: SummaryMap.InstanceProfiles ?? 0 },
  ];
}

async function vpcs(aws: Clients): Promise<Usage[]> {
  const most = (await quotaOf(aws, { ServiceCode: "vpc", QuotaCode: "L-F678F1CE" })) ?? USUAL_VPCS;
  let used = 0;
  for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: aws.ec2 }, {})) used += Vpcs.length;
  return [{ thing: "vpcs", most, used }];
}

async function addresses({ ec2 }: Clients): Promise<Usage[]> {
  const [{ AccountAttributes = [] }, { Addresses = [] }] = await Promise.all([
    ec2.send(new AccountAttributesCommand({})),
    ec2.send(new DescribeAddressesCommand({})),
  ]);
  const quota = AccountAttributes.find(({ AttributeName }) => AttributeName === MOST_ADDRESSES);
  const most = quota?.AttributeValues?.[0]?.AttributeValue;
  return most === undefined ? [] : [{ thing: "addresses", most: Number(most), used: Addresses.length }];
}

/** What EC2 calls the quota of addresses. Its model does not know it as a name that can be asked for. (ec2:DescribeAccountAttributes) */
const MOST_ADDRESSES = "vpc-max-elastic-ips";

/** The quotas of what a stack makes. */
export const quotas: readonly Check[] = [
  quotasOf("Elastic Load Balancing", ["loadBalancers", "targetGroups"], balancing),
  quotasOf("Auto Scaling", ["autoScalingGroups"], scaling),
  quotasOf("RDS", ["databases"], databases),
  quotasOf("Route 53", ["hostedZones"], zones),
  quotasOf("IAM", ["roles", "instanceProfiles"], identities),
  quotasOf("VPC", ["vpcs"], vpcs),
  quotasOf("EC2", ["addresses"], addresses),
];
