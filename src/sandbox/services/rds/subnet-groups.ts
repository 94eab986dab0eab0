import type { DBSubnetGroup as RdsSubnetGroup } from "@aws-sdk/client-rds";
import { AwsError } from "../../wire/service.ts";
import type { DBSubnetGroup } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { paged, type RdsOperations } from "./operation.ts";

const DEFAULT = "default";

/** Subnet groups. RDS makes the one that is called `default` for the first instance that needs it. */
export function subnetGroupOperations(world: World): RdsOperations {
  return {
    DescribeDBSubnetGroups: {
      accepts: ["DBSubnetGroupName", "MaxRecords", "Marker"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { DBSubnetGroupName } = input;
        const { dbSubnetGroups } = region.rds;
        const found = DBSubnetGroupName ? [existing(region, DBSubnetGroupName)] : dbSubnetGroups.all();
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { DBSubnetGroups: items.map((group) => subnetGroupShape(region, group)), ...rest };
      },
    },
  };
}

/**
 * The subnet group of an instance; `default` is made if need be.
 *
 * @throws AwsError if there is none, or its subnets are not in two zones
 */
export function subnetGroupOf(region: Region, account: string, name = DEFAULT): DBSubnetGroup {
  const known = region.rds.dbSubnetGroups.get(name.toLowerCase());
  if (known || name.toLowerCase() !== DEFAULT) return known ?? existing(region, name);
  const vpc = region.ec2.vpcs.find(({ IsDefault }) => IsDefault);
  const subnets = region.ec2.subnets.filter(({ VpcId, DefaultForAz }) => VpcId === vpc?.VpcId && DefaultForAz);
  if (!vpc || subnets.length === 0) {
    throw new AwsError(
      "InvalidVPCNetworkStateFault",
      "No default subnet detected in VPC. Please contact AWS Support to recreate the default Subnets.",
    );
  }
  if (new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size < 2) {
    throw new AwsError(
      "DBSubnetGroupDoesNotCoverEnoughAZs",
      "DB Subnet Group doesn't meet availability zone coverage requirement. Please add subnets to cover at least 2 availability zones. Current coverage: 1",
    );
  }
  return {
    DBSubnetGroupName: DEFAULT,
    DBSubnetGroupDescription: DEFAULT,
    DBSubnetGroupArn: `arn:aws:rds:${region.name}:${account}:subgrp:${DEFAULT}`,
    VpcId: vpc.VpcId,
    SubnetGroupStatus: "Complete",
    SupportedNetworkTypes: ["IPV4"],
    hidden: { subnetIds: subnets.map(({ SubnetId }) => SubnetId) },
  };
}

/** A subnet group with its subnets. */
export function subnetGroupShape(region: Region, { hidden, ...group }: DBSubnetGroup): RdsSubnetGroup {
  const Subnets = hidden.subnetIds.map((SubnetIdentifier) => ({
    SubnetIdentifier,
    SubnetAvailabilityZone: { Name: region.ec2.subnets.get(SubnetIdentifier)?.AvailabilityZone },
    SubnetStatus: "Active",
  }));
  return { ...group, Subnets };
}

function existing(region: Region, name: string): DBSubnetGroup {
  const group = region.rds.dbSubnetGroups.get(name.toLowerCase());
  if (!group) throw new AwsError("DBSubnetGroupNotFoundFault", `DB subnet group '${name}' does not exist.`);
  return group;
}
