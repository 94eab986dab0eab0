import { AwsError } from "../../wire/service.ts";
import { freePrivateAddresses } from "../../world/addresses.ts";
import { privateName } from "../../world/catalogue/zones.ts";
import { newId } from "../../world/ids.ts";
import type { DBInstance, NetworkInterface } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";

/**
 * The interface of a database in a subnet. It is what holds a security group that is to be deleted; it goes with the
 * database.
 */
export function newInterface(
  world: World,
  region: Region,
  { subnetId, groups, account }: { subnetId: string; groups: DBInstance["VpcSecurityGroups"]; account: string },
): NetworkInterface {
  const subnet = region.ec2.subnets.get(subnetId);
  const [address] = freePrivateAddresses(region, subnetId, 1) ?? [];
  if (!subnet || address === undefined) {
    throw new AwsError("InvalidVPCNetworkStateFault", `There is no free address in the subnet ${subnetId}.`);
  }
  return {
    NetworkInterfaceId: newId("eni"),
    VpcId: subnet.VpcId,
    SubnetId: subnetId,
    AvailabilityZone: subnet.AvailabilityZone,
    Description: "RDSNetworkInterface",
    Groups: groupSet(region, groups),
    InterfaceType: "interface",
    OwnerId: account,
    PrivateIpAddress: address,
    PrivateDnsName: privateName(region.name, address),
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address }],
    RequesterId: "amazon-rds",
    RequesterManaged: true,
    SourceDestCheck: true,
    Status: "in-use",
    TagSet: [],
    Attachment: {
      AttachmentId: newId("eni-attach"),
      AttachTime: world.now(),
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: "amazon-rds",
      Status: "attached",
    },
    hidden: { wantsPublicAddress: false },
  };
}

/** The groups of an interface, as EC2 tells of them. */
export function groupSet(region: Region, groups: DBInstance["VpcSecurityGroups"]): NetworkInterface["Groups"] {
  return groups.map(({ VpcSecurityGroupId: GroupId = "" }) => ({
    GroupId,
    GroupName: region.ec2.securityGroups.get(GroupId)?.GroupName ?? "",
  }));
}
