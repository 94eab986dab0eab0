import type { Subnet as Ec2Subnet } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { zonesOf } from "../../world/catalogue/zones.ts";
import { invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { Subnet } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { blockOf, contains, overlap } from "./cidr.ts";
import { inUse } from "./dependents.ts";
import { changing, type Ec2Operations } from "./operation.ts";
import { PRIVATE_NAMES } from "./private-names.ts";

/** Subnets of one's own. */
export function subnetOperations(world: World): Ec2Operations {
  return {
    CreateSubnet: changing(
      ["VpcId", "CidrBlock", "AvailabilityZone", "TagSpecifications"],
      (input, { region: name, account }) => {
        const { VpcId = "", CidrBlock, AvailabilityZone, TagSpecifications } = input;
        const region = world.region(name);
        const vpc = recordOf("vpc", region.ec2.vpcs, VpcId);
        if (!CidrBlock) throw missingParameter("cidrBlock");
        const zones = zonesOf(name);
        const zone = zones.find((one) => one.name === (AvailabilityZone ?? zones[0]?.name));
        if (!zone) {
          const valid = zones.map((one) => one.name).join(", ");
          throw invalidValue(
            `Value (${AvailabilityZone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${valid}.`,
          );
        }
        const block = blockOf(CidrBlock);
        const outer = blockOf(vpc.CidrBlock);
        if (!block || !outer || block.length > 28 || !contains(outer, block)) {
          throw new AwsError("InvalidSubnet.Range", `The CIDR '${CidrBlock}' is invalid.`);
        }
        const siblings = region.ec2.subnets.filter((one) => one.VpcId === VpcId);
        if (siblings.some((one) => overlap(blockOf(one.CidrBlock) ?? block, block))) {
          throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${CidrBlock}' conflicts with another subnet`);
        }
        const Tags = tagsFor("subnet", TagSpecifications);
        return () => {
          const SubnetId = newId("subnet");
          const Subnet = {
            SubnetId,
            SubnetArn: `arn:aws:ec2:${name}:${account}:subnet/${SubnetId}`,
            VpcId,
            CidrBlock,
            AvailabilityZone: zone.name,
            AvailabilityZoneId: zone.id,
            DefaultForAz: false,
            MapPublicIpOnLaunch: false,
            AssignIpv6AddressOnCreation: false,
            OwnerId: account,
            State: "available" as const,
            Tags,
          };
          region.ec2.subnets.put(Subnet);
          return { Subnet: { ...subnetShape(Subnet), AvailableIpAddressCount: addressesIn(Subnet) } };
        };
      },
    ),

    ModifySubnetAttribute: changing(
      ["SubnetId", "MapPublicIpOnLaunch"],
      ({ SubnetId = "", MapPublicIpOnLaunch }, { region: name }) => {
        const { subnets } = world.region(name).ec2;
        const subnet = recordOf("subnet", subnets, SubnetId);
        if (MapPublicIpOnLaunch?.Value === undefined) throw missingParameter("MapPublicIpOnLaunch");
        const mapped = MapPublicIpOnLaunch.Value;
        return () => {
          subnets.put({ ...subnet, MapPublicIpOnLaunch: mapped });
          return {};
        };
      },
    ),

    DeleteSubnet: changing(["SubnetId"], ({ SubnetId = "" }, { region: name }) => {
      const { subnets, networkInterfaces, routeTables } = world.region(name).ec2;
      recordOf("subnet", subnets, SubnetId);
      if (networkInterfaces.find((one) => one.SubnetId === SubnetId)) throw inUse("subnet", SubnetId);
      return () => {
        subnets.delete(SubnetId);
        // Its association with a route table goes with it.
        for (const table of routeTables.filter(({ Associations }) =>
          Associations.some((one) => one.SubnetId === SubnetId),
        )) {
          const Associations = table.Associations.filter((one) => one.SubnetId !== SubnetId);
          routeTables.put({ ...table, Associations });
        }
        return {};
      };
    }),
  };
}

/** Addresses of a subnet that something can have: five are AWS's own. (VPC User Guide, "Subnet CIDR blocks") */
export function addressesIn({ CidrBlock }: Pick<Subnet, "CidrBlock">): number {
  return 2 ** (32 - Number(CidrBlock.split("/")[1])) - 5;
}

/** A subnet as EC2 shows it, with all that only IPv6 and Outposts know. */
export function subnetShape(subnet: Subnet): Ec2Subnet {
  return {
    ...subnet,
    Ipv6CidrBlockAssociationSet: [],
    EnableDns64: false,
    Ipv6Native: false,
    MapCustomerOwnedIpOnLaunch: false,
    PrivateDnsNameOptionsOnLaunch: PRIVATE_NAMES,
  };
}
