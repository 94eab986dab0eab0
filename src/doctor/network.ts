import { DescribeVpcsCommand, paginateDescribeSubnets } from "@aws-sdk/client-ec2";
import type { Check, Examined } from "./finding.ts";

/** The default VPC, and a default subnet in each zone that is used. */
export const network: Check = {
  subject: "default VPC",
  async look(examined) {
    const subject = "default VPC";
    const Filters = [{ Name: "isDefault", Values: ["true"] }];
    const vpcId = (await examined.aws.ec2.send(new DescribeVpcsCommand({ Filters }))).Vpcs?.[0]?.VpcId;
    if (vpcId === undefined) {
      const next = "Make one, it costs nothing: aws ec2 create-default-vpc";
      return [{ level: "problem", subject, text: `${examined.region} has none`, next }];
    }
    const there = await zonesWithSubnet(examined, vpcId);
    const without = zonesOf(examined).filter((zone) => !there.has(zone));
    if (without.length === 0) {
      return [{ level: "ok", subject, text: `${vpcId}, with a subnet in ${zonesOf(examined).join(", ")}` }];
    }
    const next = `Make one (aws ec2 create-default-subnet --availability-zone ${without[0]}), or choose other zones in the variables.`;
    return [{ level: "problem", subject, text: `${vpcId} has no default subnet in ${without.join(", ")}`, next }];
  },
};

function zonesOf({ needs }: Examined): string[] {
  return [
    ...new Set([...needs.instances.flatMap(({ zones }) => zones), ...needs.databases.map(({ zone }) => zone)]),
  ].sort();
}

async function zonesWithSubnet({ aws }: Examined, vpcId: string): Promise<Set<string>> {
  const zones = new Set<string>();
  const Filters = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "default-for-az", Values: ["true"] },
  ];
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: aws.ec2 }, { Filters })) {
    for (const { AvailabilityZone } of Subnets) if (AvailabilityZone) zones.add(AvailabilityZone);
  }
  return zones;
}
