import type { AvailabilityZone, SubnetMapping } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Region, World } from "../../world/world.ts";
import { invalidConfiguration, validationError } from "./operation.ts";

interface Placing {
  readonly Subnets?: readonly string[] | undefined;
  readonly SubnetMappings?: readonly SubnetMapping[] | undefined;
}

/** An application load balancer is in two zones at least and has one subnet in each (CreateLoadBalancer, Subnets). */
export function checkedSubnets(region: Region, input: Placing): { zones: AvailabilityZone[]; vpcId: string } {
  const subnets = subnetsIn(input).map((id) => {
    const subnet = region.ec2.subnets.get(id);
    if (!subnet) throw new AwsError("SubnetNotFound", `The subnet ID '${id}' is not valid`);
    return subnet;
  });
  const names = new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone));
  if (subnets.length < 2) {
    throw validationError("At least two subnets in two different Availability Zones must be specified");
  }
  if (names.size < subnets.length) {
    throw invalidConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
  }
  const [first] = subnets;
  if (!first || subnets.some(({ VpcId }) => VpcId !== first.VpcId)) {
    throw invalidConfiguration("All subnets must belong to the same VPC");
  }
  const zones = subnets.map(({ AvailabilityZone, SubnetId }) => ({
    ZoneName: AvailabilityZone,
    SubnetId,
    LoadBalancerAddresses: [],
  }));
  return { zones, vpcId: first.VpcId };
}

function subnetsIn({ Subnets, SubnetMappings }: Placing): readonly string[] {
  if (Subnets?.length && SubnetMappings?.length) {
    throw validationError("You can specify either subnets or subnet mappings, but not both");
  }
  for (const { SubnetId: _known, ...other } of SubnetMappings ?? []) {
    const [member] = Object.keys(other);
    if (member) throw notEmulated(`the parameter SubnetMappings.${member}`);
  }
  return Subnets?.length ? Subnets : (SubnetMappings ?? []).map(({ SubnetId = "" }) => SubnetId);
}

/** Groups must be known by now and be in the load balancer's VPC. */
export function checkedGroups(world: World, region: Region, ids: readonly string[], vpcId: string): void {
  for (const id of ids) {
    const group = region.ec2.securityGroups.get(id);
    if (!group || group.hidden.visibleAt > world.now()) {
      throw new AwsError("InvalidSecurityGroup", `Security group '${id}' does not exist`);
    }
    if (group.VpcId !== vpcId) throw invalidConfiguration("One or more security groups are invalid");
  }
}

/** The group that a load balancer gets for which none is named. */
export function defaultGroup(region: Region, vpcId: string): string {
  const group = region.ec2.securityGroups.find(({ VpcId, GroupName }) => VpcId === vpcId && GroupName === "default");
  return group?.GroupId ?? "";
}
