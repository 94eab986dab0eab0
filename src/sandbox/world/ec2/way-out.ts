import type { NetworkInterface, RouteTable } from "../records.ts";
import type { Region } from "../region.ts";
import { interfaceOf } from "./interface-of.ts";

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

/**
 * The public address that requests of what has this interface come from: its own, or that of a NAT gateway.
 *
 * @param host id of an instance, or what Fargate calls its machine; undefined: it reaches nobody
 */
export function publicAddressOf(region: Region, host: string): string | undefined {
  const one = interfaceOf(region, host);
  if (!one) return undefined;
  const own = one.Association?.PublicIp;
  if (own !== undefined && isRouted(region, one)) return own;
  const gateways = (routeTableOf(region, one.SubnetId, one.VpcId)?.Routes ?? []).map(({ NatGatewayId = "" }) =>
    region.ec2.natGateways.get(NatGatewayId),
  );
  return gateways.find((gateway) => gateway?.State === "available")?.NatGatewayAddresses[0]?.PublicIp;
}

function isRouted(region: Region, { SubnetId, VpcId }: NetworkInterface): boolean {
  const routes = routeTableOf(region, SubnetId, VpcId)?.Routes ?? [];
  return routes.some(
    ({ DestinationCidrBlock, GatewayId }) => DestinationCidrBlock === "0.0.0.0/0" && GatewayId?.startsWith("igw-"),
  );
}
