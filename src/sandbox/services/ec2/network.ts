import type { Filter } from "@aws-sdk/client-ec2";
import { NOT_ENABLED, REGION_NAMES, zonesOf } from "../../world/catalogue/zones.ts";
import { macOf } from "../../world/ec2/mac.ts";
import { invalidValue } from "../../world/ec2/refusals.ts";
import { recordsOf } from "../../world/ec2/resource-ids.ts";
import type { NetworkInterface, Subnet, Vpc } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { type Ec2Operations, reading } from "./operation.ts";
import { addressesIn, subnetShape } from "./subnets.ts";

const VPC_FILTERS: Filters<Vpc> = {
  "vpc-id": ({ VpcId }) => VpcId,
  cidr: ({ CidrBlock }) => CidrBlock,
  "is-default": ({ IsDefault }) => IsDefault,
  isDefault: ({ IsDefault }) => IsDefault,
  "owner-id": ({ OwnerId }) => OwnerId,
  state: ({ State }) => State,
  ...tagFilters(({ Tags }) => Tags),
};

const SUBNET_FILTERS: Filters<Subnet> = {
  "subnet-id": ({ SubnetId }) => SubnetId,
  "vpc-id": ({ VpcId }) => VpcId,
  "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
  availabilityZone: ({ AvailabilityZone }) => AvailabilityZone,
  "availability-zone-id": ({ AvailabilityZoneId }) => AvailabilityZoneId,
  "cidr-block": ({ CidrBlock }) => CidrBlock,
  cidr: ({ CidrBlock }) => CidrBlock,
  cidrBlock: ({ CidrBlock }) => CidrBlock,
  "default-for-az": ({ DefaultForAz }) => DefaultForAz,
  defaultForAz: ({ DefaultForAz }) => DefaultForAz,
  "map-public-ip-on-launch": ({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch,
  "owner-id": ({ OwnerId }) => OwnerId,
  state: ({ State }) => State,
  ...tagFilters(({ Tags }) => Tags),
};

const INTERFACE_FILTERS: Filters<NetworkInterface> = {
  "network-interface-id": ({ NetworkInterfaceId }) => NetworkInterfaceId,
  "group-id": ({ Groups }) => Groups.map(({ GroupId }) => GroupId),
  "group-name": ({ Groups }) => Groups.map(({ GroupName }) => GroupName),
  "vpc-id": ({ VpcId }) => VpcId,
  "subnet-id": ({ SubnetId }) => SubnetId,
  "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
  "attachment.instance-id": ({ Attachment }) => Attachment?.InstanceId,
  "attachment.instance-owner-id": ({ Attachment }) => Attachment?.InstanceOwnerId,
  "attachment.attachment-id": ({ Attachment }) => Attachment?.AttachmentId,
  "attachment.status": ({ Attachment }) => Attachment?.Status,
  description: ({ Description }) => Description,
  "interface-type": ({ InterfaceType }) => InterfaceType,
  "owner-id": ({ OwnerId }) => OwnerId,
  "private-ip-address": ({ PrivateIpAddress }) => PrivateIpAddress,
  "addresses.private-ip-address": ({ PrivateIpAddress }) => PrivateIpAddress,
  "association.public-ip": ({ Association }) => Association?.PublicIp,
  "requester-id": ({ RequesterId }) => RequesterId,
  "requester-managed": ({ RequesterManaged }) => RequesterManaged,
  status: ({ Status }) => Status,
  ...tagFilters(({ TagSet }) => TagSet),
};

/** VPCs, subnets, network interfaces, zones and regions. */
export function networkOperations(world: World): Ec2Operations {
  return {
    DescribeVpcs: reading(["VpcIds", "Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const { vpcs } = world.region(region).ec2;
      const all = input.VpcIds?.length ? recordsOf("vpc", vpcs, input.VpcIds) : vpcs.all();
      const { items, ...rest } = paged(filtered(all, input.Filters, VPC_FILTERS), input, world.pageSize, input.VpcIds);
      return { Vpcs: items, ...rest };
    }),

    DescribeSubnets: reading(["SubnetIds", "Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const { subnets, networkInterfaces } = world.region(region).ec2;
      const all = input.SubnetIds?.length ? recordsOf("subnet", subnets, input.SubnetIds) : subnets.all();
      const { items, ...rest } = paged(
        filtered(all, input.Filters, SUBNET_FILTERS),
        input,
        world.pageSize,
        input.SubnetIds,
      );
      const used = (SubnetId: string) => networkInterfaces.filter((one) => one.SubnetId === SubnetId).length;
      const Subnets = items.map((subnet) => ({
        ...subnetShape(subnet),
        AvailableIpAddressCount: addressesIn(subnet) - used(subnet.SubnetId),
      }));
      return { Subnets, ...rest };
    }),

    DescribeNetworkInterfaces: reading(
      ["NetworkInterfaceIds", "Filters", "NextToken", "MaxResults"],
      (input, { region }) => {
        const { networkInterfaces } = world.region(region).ec2;
        const ids = input.NetworkInterfaceIds;
        const all = ids?.length ? recordsOf("networkInterface", networkInterfaces, ids) : networkInterfaces.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, INTERFACE_FILTERS), input, world.pageSize, ids);
        return { NetworkInterfaces: items.map(interfaceShape), ...rest };
      },
    ),

    DescribeAvailabilityZones: reading(
      ["ZoneNames", "ZoneIds", "Filters", "AllAvailabilityZones"],
      ({ ZoneNames, ZoneIds, Filters: filters }, { region }) => {
        const zones = zonesOf(world.region(region).name);
        for (const name of ZoneNames ?? []) {
          if (!zones.some((zone) => zone.name === name)) throw invalidValue(`Invalid availability zone: [${name}]`);
        }
        for (const id of ZoneIds ?? []) {
          if (!zones.some((zone) => zone.id === id)) throw invalidValue(`Invalid availability zone-id: [${id}]`);
        }
        const wanted = zones.filter(
          ({ name, id }) =>
            (!ZoneNames?.length || ZoneNames.includes(name)) && (!ZoneIds?.length || ZoneIds.includes(id)),
        );
        return { AvailabilityZones: zoneShapes(region, wanted, filters) };
      },
    ),

    DescribeRegions: reading(
      ["RegionNames", "Filters", "AllRegions"],
      ({ RegionNames, Filters: filters, AllRegions }) => {
        const all = [...REGION_NAMES, ...NOT_ENABLED];
        for (const name of RegionNames ?? []) {
          if (!all.includes(name)) throw invalidValue(`Invalid region name: ${name}`);
        }
        // Without AllRegions those that the account can use. (ec2:DescribeRegions)
        const known = AllRegions ? all : REGION_NAMES;
        const names = RegionNames?.length ? known.filter((name) => RegionNames.includes(name)) : known;
        const regions = names.map((RegionName) => ({
          RegionName,
          Endpoint: `ec2.${RegionName}.amazonaws.com`,
          OptInStatus: NOT_ENABLED.includes(RegionName) ? "not-opted-in" : "opt-in-not-required",
        }));
        const Regions = filtered(regions, filters, {
          "region-name": ({ RegionName }) => RegionName,
          endpoint: ({ Endpoint }) => Endpoint,
          "opt-in-status": ({ OptInStatus }) => OptInStatus,
        });
        return { Regions };
      },
    ),
  };
}

/** Five addresses of each subnet are AWS's own. */
/** An interface as EC2 shows it. */
function interfaceShape(one: NetworkInterface) {
  return { MacAddress: macOf(one.PrivateIpAddress), ...one, Ipv6Addresses: [] };
}

function zoneShapes(region: string, zones: ReturnType<typeof zonesOf>, filters: Filter[] | undefined) {
  const shapes = zones.map(({ name, id }) => ({
    ZoneName: name,
    ZoneId: id,
    RegionName: region,
    GroupName: `${region}-zg-1`,
    NetworkBorderGroup: region,
    OptInStatus: "opt-in-not-required" as const,
    State: "available" as const,
    ZoneType: "availability-zone",
    Messages: [],
  }));
  return filtered(shapes, filters, {
    "zone-name": ({ ZoneName }) => ZoneName,
    "zone-id": ({ ZoneId }) => ZoneId,
    "region-name": ({ RegionName }) => RegionName,
    "group-name": ({ GroupName }) => GroupName,
    "opt-in-status": ({ OptInStatus }) => OptInStatus,
    "zone-type": ({ ZoneType }) => ZoneType,
    state: ({ State }) => State,
  });
}
