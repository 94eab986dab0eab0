import { paginateDescribeNatGateways, paginateDescribeSubnets } from "@aws-sdk/client-ec2";
import type { Clients } from "../aws/clients.ts";
import type { Check } from "./finding.ts";
import { judgeUse } from "./quota-use.ts";
import { quotaOf } from "./service-quota.ts";

const SUBJECT = "NAT gateways";
/** NAT gateways per Availability Zone. */
const QUOTA = { ServiceCode: "vpc", QuotaCode: "L-FE5A380F" };
/** What a zone may have unless the quota was raised, where nobody may ask. (VPC User Guide, "Amazon VPC quotas") */
const USUAL = 5;
/** What counts; a failed one does not. (VPC User Guide, "Troubleshoot NAT gateways", NAT gateway quota) */
const COUNTED = ["pending", "available", "deleting"];

/** Whether each zone that gets a NAT gateway may have one more. */
export const natGateways: Check = {
  subject: SUBJECT,
  async look({ aws, needs: { natGateways: zones = [] } }) {
    if (zones.length === 0) return [];
    const [quota, used] = await Promise.all([quotaOf(aws, QUOTA), zonesInUse(aws)]);
    return zones.map((zone) => {
      const usage = { most: quota ?? USUAL, used: used.filter((one) => one === zone).length };
      return judgeUse(`${SUBJECT} in ${zone}`, usage, 1);
    });
  },
};

/** The zone of each NAT gateway that there is. AWS tells the subnet of it alone. */
async function zonesInUse({ ec2 }: Clients): Promise<string[]> {
  const subnets: string[] = [];
  const Filter = [{ Name: "state", Values: COUNTED }];
  for await (const { NatGateways = [] } of paginateDescribeNatGateways({ client: ec2 }, { Filter }))
    subnets.push(...NatGateways.flatMap(({ SubnetId }) => SubnetId ?? []));
  if (subnets.length === 0) return [];
  const zones = new Map<string | undefined, string | undefined>();
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: ec2 }, {}))
    for (const { SubnetId, AvailabilityZone } of Subnets) zones.set(SubnetId, AvailabilityZone);
  return subnets.flatMap((id) => zones.get(id) ?? []);
}
