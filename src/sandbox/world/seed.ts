import { zonesOf } from "./catalogue/zones.ts";
import { newId } from "./ids.ts";
import type { RouteTable } from "./records.ts";
import type { Region } from "./region.ts";

/**
 * What a new account has in every region: a default VPC with a default subnet in each zone, a way to the internet and a default
 * group.
 */
export function seedDefaultVpc(region: Region, account: string): void {
  const VpcId = newId("vpc");
  region.ec2.vpcs.put({
    VpcId,
    CidrBlock: "172.31.0.0/16",
    CidrBlockAssociationSet: [
      { AssociationId: newId("vpc-cidr-assoc"), CidrBlock: "172.31.0.0/16", CidrBlockState: { State: "associated" } },
    ],
    DhcpOptionsId: newId("dopt"),
    InstanceTenancy: "default",
    IsDefault: true,
    OwnerId: account,
    State: "available",
    Tags: [],
  });
  for (const [index, zone] of zonesOf(region.name).entries()) {
    const SubnetId = newId("subnet");
    region.ec2.subnets.put({
      SubnetId,
      SubnetArn: `arn:aws:ec2:${region.name}:${account}:subnet/${SubnetId}`,
      VpcId,
      CidrBlock: `172.31.${index * 16}.0/20`,
      AvailabilityZone: zone.name,
      AvailabilityZoneId: zone.id,
      DefaultForAz: true,
      MapPublicIpOnLaunch: true,
      AssignIpv6AddressOnCreation: false,
      OwnerId: account,
      State: "available",
      Tags: [],
    });
  }
  seedRoutes(region, account, VpcId);
  seedDefaultGroup(region, account, VpcId);
}

/** An internet gateway, and the main route table that leads all subnets to it. */
export function seedRoutes(region: Region, OwnerId: string, VpcId: string): void {
  const InternetGatewayId = newId("igw");
  const attached = { State: "available" as unknown as "attached", VpcId };
  region.ec2.internetGateways.put({ InternetGatewayId, OwnerId, Attachments: [attached], Tags: [] });
  const out = {
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: InternetGatewayId,
    Origin: "CreateRoute" as const,
    State: "active" as const,
  };
  region.ec2.routeTables.put(mainTable(OwnerId, VpcId, "172.31.0.0/16", [out]));
}

/** The main route table of a VPC, with routes beside the local one. */
export function mainTable(
  OwnerId: string,
  VpcId: string,
  DestinationCidrBlock: string,
  more: RouteTable["Routes"],
): RouteTable {
  const RouteTableId = newId("rtb");
  const association = {
    Main: true,
    RouteTableAssociationId: newId("rtbassoc"),
    RouteTableId,
    AssociationState: { State: "associated" as const },
  };
  const local = {
    DestinationCidrBlock,
    GatewayId: "local",
    Origin: "CreateRouteTable" as const,
    State: "active" as const,
  };
  return {
    RouteTableId,
    VpcId,
    OwnerId,
    Associations: [association],
    PropagatingVgws: [],
    Routes: [local, ...more],
    Tags: [],
  };
}

/** Lets its members talk to each other and everybody out, as every VPC's default group does. */
export function seedDefaultGroup(region: Region, account: string, VpcId: string): void {
  const GroupId = newId("sg");
  region.ec2.securityGroups.put({
    GroupId,
    GroupName: "default",
    Description: "default VPC security group",
    VpcId,
    OwnerId: account,
    SecurityGroupArn: `arn:aws:ec2:${region.name}:${account}:security-group/${GroupId}`,
    Tags: [],
    hidden: { visibleAt: new Date(0) },
  });
  const rule = { GroupId, GroupOwnerId: account, IpProtocol: "-1", FromPort: -1, ToPort: -1, Tags: [] };
  region.ec2.securityGroupRules.put({
    ...rule,
    SecurityGroupRuleId: newId("sgr"),
    IsEgress: false,
    ReferencedGroupInfo: { GroupId, UserId: account },
  });
  region.ec2.securityGroupRules.put({
    ...rule,
    SecurityGroupRuleId: newId("sgr"),
    IsEgress: true,
    CidrIpv4: "0.0.0.0/0",
  });
}
