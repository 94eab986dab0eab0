import type { NetworkInterface, RouteTable } from "../records.ts";
import type { Region } from "../world.ts";

/** The route table that a subnet follows: its own, or the main one of its VPC. */
export function routeTableOf(region: Region, subnetId: string, vpcId: string): RouteTable | undefined {
  const tables = region.ec2.routeTables.filter(({ VpcId }) => VpcId === vpcId);
  return (
    tables.find(({ Associations }) => Associations.some(({ SubnetId }) => SubnetId === subnetId)) ??
    tables.find(({ Associations }) => Associations.some(({ Main }) => Main))
  );
}

/**
 * Whether an instance reaches the internet: it has a public address, and its subnet a route to an internet gateway. (VPC User
 * Guide, "Enable internet access for a VPC using an internet gateway")
 */
export function reachesInternet(region: Region, instanceId: string): boolean {
  const own = region.ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === instanceId);
  return own !== undefined && own.Association?.PublicIp !== undefined && isRouted(region, own);
}

/**
 * Whether what has this interface reaches the internet: over a NAT gateway that works, or by a public address of its own over an
 * internet gateway. (VPC User Guide, "NAT gateways")
 */
export function findsInternet(region: Region, one: NetworkInterface): boolean {
  if (one.Association?.PublicIp !== undefined && isRouted(region, one)) return true;
  const routes = routeTableOf(region, one.SubnetId, one.VpcId)?.Routes ?? [];
  return routes.some(({ DestinationCidrBlock, NatGatewayId = "" }) => {
    const gateway = region.ec2.natGateways.get(NatGatewayId);
    return DestinationCidrBlock === "0.0.0.0/0" && gateway?.State === "available";
  });
}

function isRouted(region: Region, { SubnetId, VpcId }: NetworkInterface): boolean {
  const routes = routeTableOf(region, SubnetId, VpcId)?.Routes ?? [];
  return routes.some(
    ({ DestinationCidrBlock, GatewayId }) => DestinationCidrBlock === "0.0.0.0/0" && GatewayId?.startsWith("igw-"),
  );
}
