import type { DBSubnetGroup as RdsSubnetGroup } from "@aws-sdk/client-rds";
import { AwsError } from "../../wire/service.ts";
import type { DBSubnetGroup } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { invalidValue, mergedTags, paged, type RdsOperations } from "./operation.ts";

const DEFAULT = "default";
/** rds:CreateDBSubnetGroup, DBSubnetGroupName. */
const NAME = /^[a-z][\w .-]{0,254}$/i;

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

    CreateDBSubnetGroup: {
      accepts: ["DBSubnetGroupName", "DBSubnetGroupDescription", "SubnetIds", "Tags"],
      handle({ DBSubnetGroupName, DBSubnetGroupDescription, SubnetIds, Tags }, { region: regionName, account }) {
        const region = world.region(regionName);
        const name = newName(region, DBSubnetGroupName);
        const group = region.rds.dbSubnetGroups.put({
          DBSubnetGroupName: name,
          DBSubnetGroupDescription: DBSubnetGroupDescription ?? "",
          DBSubnetGroupArn: `arn:aws:rds:${regionName}:${account}:subgrp:${name}`,
          VpcId: commonVpc(region, SubnetIds),
          SubnetGroupStatus: "Complete",
          SupportedNetworkTypes: ["IPV4"],
          hidden: { subnetIds: [...(SubnetIds ?? [])], tags: mergedTags([], Tags) },
        });
        return { DBSubnetGroup: subnetGroupShape(region, group) };
      },
    },

    ModifyDBSubnetGroup: {
      accepts: ["DBSubnetGroupName", "DBSubnetGroupDescription", "SubnetIds"],
      handle({ DBSubnetGroupName = "", DBSubnetGroupDescription, SubnetIds = [] }, { region: regionName }) {
        const region = world.region(regionName);
        const present = existing(region, DBSubnetGroupName);
        const VpcId = commonVpc(region, SubnetIds);
        checkStillIn(region, present, SubnetIds);
        const group = region.rds.dbSubnetGroups.put({
          ...present,
          VpcId,
          DBSubnetGroupDescription: DBSubnetGroupDescription ?? present.DBSubnetGroupDescription,
          hidden: { ...present.hidden, subnetIds: [...SubnetIds] },
        });
        return { DBSubnetGroup: subnetGroupShape(region, group) };
      },
    },

    DeleteDBSubnetGroup: {
      accepts: ["DBSubnetGroupName"],
      handle({ DBSubnetGroupName = "" }, { region: name }) {
        const region = world.region(name);
        const { DBSubnetGroupName: group } = existing(region, DBSubnetGroupName);
        const user = region.rds.dbInstances.find(({ hidden }) => hidden.subnetGroup === group);
        if (user) {
          throw new AwsError(
            "InvalidDBSubnetGroupStateFault",
            `Cannot delete the subnet group '${group}' because at least one database instance: ${user.DBInstanceIdentifier} is still using it.`,
          );
        }
        region.rds.dbSubnetGroups.delete(group);
        return {};
      },
    },
  };
}

/** In lower case, as RDS keeps it. @throws AwsError if it is none, or taken */
function newName(region: Region, name = ""): string {
  if (!NAME.test(name) || name.toLowerCase() === DEFAULT) {
    throw invalidValue(`The parameter DBSubnetGroupName is not a valid identifier: ${name}`);
  }
  if (region.rds.dbSubnetGroups.get(name.toLowerCase())) {
    throw new AwsError("DBSubnetGroupAlreadyExists", `The DB subnet group '${name.toLowerCase()}' already exists.`);
  }
  return name.toLowerCase();
}

/** The VPC that subnets are in. @throws AwsError if they are not known, not of one VPC, or not of two zones */
function commonVpc(region: Region, ids: readonly string[] = []): string {
  const subnets = ids.flatMap((id) => region.ec2.subnets.get(id) ?? []);
  if (subnets.length < ids.length || subnets.length === 0) {
    throw invalidValue(`Some input subnets in :[${ids.join(", ")}] are invalid.`);
  }
  const [VpcId = "", ...others] = new Set(subnets.map((subnet) => subnet.VpcId));
  if (others.length > 0) {
    const why = "The requested subnet is invalid, or multiple subnets were requested that are not all in a common VPC.";
    throw new AwsError("InvalidSubnet", why);
  }
  const zones = [...new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone))];
  if (zones.length < 2) {
    throw new AwsError(
      "DBSubnetGroupDoesNotCoverEnoughAZs",
      `The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: ${zones.join(", ")}. Add subnets to cover at least 2 AZs.`,
    );
  }
  return VpcId;
}

/** @throws AwsError if an instance would be outside of its group */
function checkStillIn(region: Region, { DBSubnetGroupName }: DBSubnetGroup, subnetIds: readonly string[]): void {
  const outside = region.rds.dbInstances.find(({ hidden }) => {
    const { SubnetId = "" } = region.ec2.networkInterfaces.get(hidden.networkInterfaceId) ?? {};
    return hidden.subnetGroup === DBSubnetGroupName && !subnetIds.includes(SubnetId);
  });
  if (!outside) return;
  throw new AwsError("SubnetAlreadyInUse", "The DB subnet is already in use in the Availability Zone.");
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
