import { DescribeVpcsCommand, paginateDescribeSubnets, type Subnet } from "@aws-sdk/client-ec2";
import { type WayOut, waysOut } from "../aws/way-out.ts";
import type { Check, Examined, Finding } from "./finding.ts";

/**
 * The default VPC, a default subnet in each zone that is used, and that machines in them reach the internet. Nothing of a stack that makes
 * subnets of its own.
 */
export const network: Check = {
  subject: "default VPC",
  async look(examined) {
    const subject = "default VPC";
    if (zonesOf(examined).length === 0) return [];
    const Filters = [{ Name: "isDefault", Values: ["true"] }];
    const vpcId = (await examined.aws.ec2.send(new DescribeVpcsCommand({ Filters }))).Vpcs?.[0]?.VpcId;
    if (vpcId === undefined) {
      const next = `Make one, it costs nothing: aws ec2 create-default-vpc --region ${examined.region}`;
      return [{ level: "problem", subject, text: `${examined.region} has none`, next }];
    }
    const subnets = await subnetsByZone(examined, vpcId);
    const without = zonesOf(examined).filter((zone) => !subnets.has(zone));
    const unreachable = await unreachableIn(examined, vpcId, subnets);
    if (without.length === 0) {
      const text = `${vpcId}, with a subnet in ${zonesOf(examined).join(", ")}`;
      return unreachable.length > 0 ? unreachable : [{ level: "ok", subject, text }];
    }
    const make = without
      .map((zone) => `aws ec2 create-default-subnet --region ${examined.region} --availability-zone ${zone}`)
      .join("; ");
    const next = `Make one in each, it costs nothing (${make}), or choose other zones in the variables.`;
    const text = `${vpcId} has no default subnet in ${without.join(", ")}`;
    return [{ level: "problem", subject, text, next }, ...unreachable];
  },
};

function zonesOf({ needs }: Examined): string[] {
  if (needs.ownSubnets.length > 0) return [];
  return [
    ...new Set([...needs.instances.flatMap(({ zones }) => zones), ...needs.databases.map(({ zone }) => zone)]),
  ].sort();
}

async function subnetsByZone({ aws }: Examined, vpcId: string): Promise<Map<string, Subnet>> {
  const zones = new Map<string, Subnet>();
  const Filters = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "default-for-az", Values: ["true"] },
  ];
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: aws.ec2 }, { Filters })) {
    for (const subnet of Subnets) if (subnet.AvailabilityZone) zones.set(subnet.AvailabilityZone, subnet);
  }
  return zones;
}

/** Subnets in which an instance would start and never be heard of: AWS's services are reached over the internet. */
async function unreachableIn(
  { aws, needs, region }: Examined,
  vpcId: string,
  subnets: ReadonlyMap<string, Subnet>,
): Promise<Finding[]> {
  const wayOf = await waysOut(aws.ec2, vpcId);
  const zones = [...new Set(needs.instances.flatMap((one) => one.zones))].sort();
  return zones.flatMap((zone) => {
    const subnet = subnets.get(zone);
    return subnet ? judge(region, subnet, wayOf(subnet.SubnetId ?? "")) : [];
  });
}

function judge(
  region: string,
  { SubnetId: id, AvailabilityZone: zone, MapPublicIpOnLaunch }: Subnet,
  way: WayOut,
): Finding[] {
  const subject = `default subnet in ${zone}`;
  if (way === "none") {
    const next = `In the VPC console add a route from 0.0.0.0/0 to the VPC's internet gateway to the route table of ${id}.`;
    return [{ level: "problem", subject, text: `${id} has no route to the internet`, next }];
  }
  if (MapPublicIpOnLaunch) return [];
  const next = `aws ec2 modify-subnet-attribute --region ${region} --subnet-id ${id} --map-public-ip-on-launch`;
  const text = `${id} gives its instances no public address (MapPublicIpOnLaunch), and nobody could reach them`;
  return [{ level: "problem", subject, text, next }];
}
