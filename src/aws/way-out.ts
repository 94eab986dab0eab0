import { type EC2Client, paginateDescribeRouteTables, type RouteTable } from "@aws-sdk/client-ec2";

/** Where a subnet's route to everywhere leads; `other`: a NAT gateway, a transit gateway or the like. */
export type WayOut = "internet gateway" | "other" | "none";

/** Where the routes of a VPC's subnets lead. A subnet without a route table of its own follows the VPC's main one. */
export async function waysOut(ec2: EC2Client, vpcId: string): Promise<(subnetId: string) => WayOut> {
  const tables: RouteTable[] = [];
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  for await (const page of paginateDescribeRouteTables({ client: ec2 }, { Filters })) {
    tables.push(...(page.RouteTables ?? []));
  }
  const main = tables.find(({ Associations = [] }) => Associations.some(({ Main }) => Main));
  return (subnetId) => {
    const own = tables.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnetId));
    return wayOutOf(own ?? main);
  };
}

function wayOutOf(table: RouteTable | undefined): WayOut {
  const route = table?.Routes?.find((one) => one.DestinationCidrBlock === "0.0.0.0/0" && one.State !== "blackhole");
  if (!route) return "none";
  return route.GatewayId?.startsWith("igw-") ? "internet gateway" : "other";
}
