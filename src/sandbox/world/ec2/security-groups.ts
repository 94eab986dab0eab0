import { AwsError } from "../../wire/service.ts";
import type { SecurityGroup } from "../records.ts";
import type { Region, World } from "../world.ts";
import { missingParameter } from "./refusals.ts";
import { notFound, recordOf } from "./resource-ids.ts";

/** The group that a request names by id, or by name in the default VPC. */
export function groupOf(
  region: Region,
  { GroupId, GroupName }: { GroupId?: string | undefined; GroupName?: string | undefined },
  isVisible?: (group: SecurityGroup) => boolean,
): SecurityGroup {
  if (GroupId) return recordOf("securityGroup", region.ec2.securityGroups, GroupId, isVisible);
  if (!GroupName) throw missingParameter("GroupId");
  return groupNamed(region, GroupName);
}

/** True once other operations than the describing ones know a new group. */
export function isVisible(world: World): (group: SecurityGroup) => boolean {
  return ({ hidden }) => hidden.visibleAt <= world.now();
}

/** Id of the region's default VPC. @throws AwsError if there is none */
export function defaultVpcOf(region: Region): string {
  const vpc = region.ec2.vpcs.find(({ IsDefault }) => IsDefault);
  if (!vpc) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
  return vpc.VpcId;
}

function groupNamed(region: Region, name: string): SecurityGroup {
  const VpcId = defaultVpcOf(region);
  const group = region.ec2.securityGroups.find((one) => one.VpcId === VpcId && one.GroupName === name);
  if (!group) {
    throw new AwsError(
      notFound("securityGroup", [name]).code,
      `The security group '${name}' does not exist in default VPC '${VpcId}'`,
    );
  }
  return group;
}
