import type { Image, InstanceMetadataOptionsResponse, RunInstancesRequest, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { imagesOf } from "../catalogue/images.ts";
import { type InstanceType, instanceType, zonesOffering } from "../catalogue/instance-types.ts";
import { lookUp } from "../parameters.ts";
import type { InstanceProfile, SecurityGroup, Subnet } from "../records.ts";
import type { Region, World } from "../world.ts";
import { type Device, devicesFor } from "./block-devices.ts";
import { profileFor } from "./instance-profiles.ts";
import { withTemplate } from "./launch-templates.ts";
import { metadataOptions } from "./metadata-options.ts";
import { honouring, invalidCombination, invalidValue, missingType } from "./refusals.ts";
import { checkId, notFound, recordOf } from "./resource-ids.ts";
import { defaultVpcOf, groupOf, isVisible } from "./security-groups.ts";
import { tagsFor } from "./tag-specifications.ts";
import { checkedUserData } from "./user-data.ts";

const MOST_GROUPS = 5;

/** What a checked request launches. */
export interface Launch {
  readonly input: RunInstancesRequest;
  readonly image: Image;
  readonly type: InstanceType;
  readonly subnet: Subnet;
  readonly hasPublicAddress: boolean;
  readonly groups: readonly SecurityGroup[];
  readonly devices: readonly Device[];
  readonly profile: InstanceProfile | undefined;
  readonly userData: string | undefined;
  readonly metadataOptions: InstanceMetadataOptionsResponse;
  readonly tags: { readonly instance: Tag[]; readonly volume: Tag[]; readonly networkInterface: Tag[] };
}

/** How many instances a request wants: as many as it may have. */
export function countOf({ MinCount = 1, MaxCount = 1 }: RunInstancesRequest): number {
  if (MinCount < 1) throw invalidValue(`Invalid value '${MinCount}' for MinCount. It must be at least 1.`);
  if (MaxCount < MinCount) {
    throw invalidCombination(
      `The maximum count (${MaxCount}) must not be smaller than the minimum count (${MinCount}).`,
    );
  }
  return MaxCount;
}

/** Looks through a request to launch, by a launch template or without. @throws AwsError if AWS would refuse it */
export function checked(world: World, region: Region, given: RunInstancesRequest): Launch {
  const { request: input, tags: ofTemplate } = withTemplate(region, given);
  const tagSpecification = (type: "instance" | "volume" | "network-interface") =>
    tagsFor(type, input.TagSpecifications, ["instance", "volume", "network-interface"]);
  const image = imageOf(region, input.ImageId);
  const type = typeOf(input.InstanceType ?? "m1.small", image);
  checkShutdownBehavior(input.InstanceInitiatedShutdownBehavior);
  if (input.HibernationOptions?.Configured) honouring({ Configured: true }, [], "HibernationOptions");
  checkKeyPair(region, input.KeyName);
  const { subnet, groups, hasPublicAddress } = networkOf(world, region, input, type);
  return {
    input,
    image,
    type,
    subnet,
    groups,
    hasPublicAddress,
    devices: devicesFor(image, input.BlockDeviceMappings),
    profile: input.IamInstanceProfile && profileFor(world, input.IamInstanceProfile),
    userData: checkedUserData(input.UserData),
    metadataOptions: metadataOptions(input.MetadataOptions, defaultMetadataOptions(image)),
    tags: {
      instance: [...tagSpecification("instance"), ...ofTemplate],
      volume: tagSpecification("volume"),
      networkInterface: tagSpecification("network-interface"),
    },
  };
}

/** An image that asks for IMDSv2 gives its instances required tokens and two hops. */
function defaultMetadataOptions({ ImdsSupport }: Image) {
  return ImdsSupport === "v2.0" ? { HttpTokens: "required" as const, HttpPutResponseHopLimit: 2 } : {};
}

function checkKeyPair(region: Region, name: string | undefined): void {
  if (name === undefined || region.ec2.keyPairs.get(name)) return;
  throw new AwsError("InvalidKeyPair.NotFound", `The key pair '${name}' does not exist`);
}

function checkShutdownBehavior(behavior: string | undefined): void {
  if (behavior === undefined || behavior === "stop" || behavior === "terminate") return;
  throw invalidValue(`Invalid value '${behavior}' for InstanceInitiatedShutdownBehavior.`);
}

/** An image by id, or by the parameter that leads to it (`resolve:ssm:NAME`). */
function imageOf(region: Region, id: string | undefined): Image {
  if (!id) throw new AwsError("MissingParameter", "The request must contain the parameter ImageId");
  const parameter = /^resolve:ssm:(.+)$/.exec(id)?.[1];
  const imageId = parameter === undefined ? id : lookUp(region, "", parameter)?.version?.Value;
  if (imageId === undefined) throw invalidValue(`The SSM parameter ${parameter} does not exist.`);
  checkId("image", imageId);
  const image = imagesOf(region.name).find(({ ImageId }) => ImageId === imageId);
  if (!image) throw notFound("image", [imageId]);
  return image;
}

function typeOf(name: string, image: Image): InstanceType {
  const type = instanceType(name);
  if (!type) throw missingType(name);
  if (type.architecture !== image.Architecture) {
    throw invalidValue(
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.Architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
    );
  }
  return type;
}

function networkOf(world: World, region: Region, input: RunInstancesRequest, type: InstanceType) {
  const { NetworkInterfaces = [], Placement } = input;
  honouring(Placement, ["AvailabilityZone", "Tenancy"], "Placement");
  if (Placement?.Tenancy !== undefined && Placement.Tenancy !== "default") {
    honouring({ Tenancy: Placement.Tenancy }, [], `Placement (${Placement.Tenancy})`);
  }
  const [own, ...others] = NetworkInterfaces;
  if (others.length > 0) honouring({ 2: others }, [], "NetworkInterface");
  if (own) checkInterface(own, input);
  const subnetId = own?.SubnetId ?? input.SubnetId;
  const subnet = subnetId
    ? recordOf("subnet", region.ec2.subnets, subnetId)
    : defaultSubnet(region, type, Placement?.AvailabilityZone);
  checkZone(subnet.AvailabilityZone, Placement?.AvailabilityZone);
  checkOffered(region, type, subnet.AvailabilityZone);
  const groups = groupsOf(world, region, subnet, own?.Groups ?? input.SecurityGroupIds, input.SecurityGroups);
  return { subnet, groups, hasPublicAddress: own?.AssociatePublicIpAddress ?? subnet.MapPublicIpOnLaunch ?? false };
}

function checkInterface(
  own: NonNullable<RunInstancesRequest["NetworkInterfaces"]>[number],
  { SubnetId, SecurityGroupIds, SecurityGroups }: RunInstancesRequest,
): void {
  honouring(
    own,
    ["DeviceIndex", "SubnetId", "Groups", "AssociatePublicIpAddress", "DeleteOnTermination", "Description"],
    "NetworkInterface",
  );
  const refuse = (what: string) =>
    invalidCombination(`Network interfaces and an instance-level ${what} may not be specified on the same request`);
  if (SubnetId) throw refuse("subnet ID");
  if (SecurityGroupIds?.length || SecurityGroups?.length) throw refuse("security groups");
  if ((own.DeviceIndex ?? 0) !== 0) throw invalidValue("The first network interface must have device index 0.");
}

function defaultSubnet(region: Region, type: InstanceType, zone: string | undefined): Subnet {
  const vpcId = defaultVpcOf(region);
  const subnets = region.ec2.subnets.filter(({ VpcId, DefaultForAz }) => VpcId === vpcId && DefaultForAz);
  const offered = zonesOffering(type.name, region.name);
  const subnet = subnets.find(({ AvailabilityZone }) =>
    zone === undefined ? offered.includes(AvailabilityZone) : AvailabilityZone === zone,
  );
  if (subnet) return subnet;
  if (zone !== undefined && !subnets.some(({ AvailabilityZone }) => AvailabilityZone === zone)) {
    throw invalidValue(`Invalid availability zone: [${zone}]`);
  }
  throw new AwsError("MissingInput", `No subnets found for the default VPC '${vpcId}'. Please specify a subnet.`);
}

function checkZone(zone: string, wanted: string | undefined): void {
  if (wanted === undefined || wanted === zone) return;
  throw invalidCombination(`The availability zone of the subnet (${zone}) is not the requested one (${wanted}).`);
}

function checkOffered(region: Region, type: InstanceType, zone: string): void {
  const zones = zonesOffering(type.name, region.name);
  if (zones.includes(zone)) return;
  throw new AwsError(
    "Unsupported",
    `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${zones.join(", ")}.`,
  );
}

function groupsOf(
  world: World,
  region: Region,
  subnet: Subnet,
  ids: readonly string[] = [],
  names: readonly string[] = [],
): SecurityGroup[] {
  const known = isVisible(world);
  const groups = [
    ...ids.map((GroupId) => groupOf(region, { GroupId }, known)),
    ...names.map((GroupName) => groupOf(region, { GroupName })),
  ];
  if (groups.length > MOST_GROUPS) {
    throw new AwsError(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  }
  const foreign = groups.find(({ VpcId }) => VpcId !== subnet.VpcId);
  if (foreign) {
    throw new AwsError(
      "InvalidParameter",
      `Security group ${foreign.GroupId} and subnet ${subnet.SubnetId} belong to different networks.`,
    );
  }
  if (groups.length > 0) return groups;
  return region.ec2.securityGroups.filter(({ VpcId, GroupName }) => VpcId === subnet.VpcId && GroupName === "default");
}
