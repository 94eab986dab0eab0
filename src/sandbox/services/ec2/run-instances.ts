import { createHash } from "node:crypto";
import type { Image, Reservation, RunInstancesRequest, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { freePrivateAddresses } from "../../world/addresses.ts";
import { imageParameters, imagesOf } from "../../world/catalogue/images.ts";
import { type InstanceType, instanceType, zonesOffering } from "../../world/catalogue/instance-types.ts";
import { privateDomain } from "../../world/catalogue/zones.ts";
import { newId } from "../../world/ids.ts";
import { instanceState } from "../../world/instance-states.ts";
import type { Instance, InstanceProfile, SecurityGroup, Subnet } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Device, devicesFor } from "./block-devices.ts";
import { associate, profileFor } from "./instance-profiles.ts";
import { reservations } from "./instance-shapes.ts";
import { metadataOptions } from "./metadata-options.ts";
import { changing, type Ec2Operations, honouring, invalidCombination, invalidValue } from "./operation.ts";
import { checkId, notFound, recordOf } from "./resource-ids.ts";
import { defaultVpcOf, groupOf, isVisible } from "./security-groups.ts";
import { tagsFor } from "./tag-specifications.ts";
import { checkedUserData } from "./user-data.ts";

const LONGEST_TOKEN = 64;
const MOST_GROUPS = 5;

/** What a checked request launches. */
interface Launch {
  readonly input: RunInstancesRequest;
  readonly image: Image;
  readonly type: InstanceType;
  readonly subnet: Subnet;
  readonly hasPublicAddress: boolean;
  readonly groups: readonly SecurityGroup[];
  readonly devices: readonly Device[];
  readonly profile: InstanceProfile | undefined;
  readonly userData: string | undefined;
  readonly tags: { readonly instance: Tag[]; readonly volume: Tag[]; readonly networkInterface: Tag[] };
}

/** RunInstances. */
export function runInstancesOperation(world: World): Ec2Operations {
  return {
    RunInstances: changing(
      [
        "ImageId",
        "InstanceType",
        "MinCount",
        "MaxCount",
        "SubnetId",
        "SecurityGroupIds",
        "SecurityGroups",
        "NetworkInterfaces",
        "Placement",
        "IamInstanceProfile",
        "BlockDeviceMappings",
        "UserData",
        "MetadataOptions",
        "TagSpecifications",
        "ClientToken",
        "DisableApiTermination",
        "InstanceInitiatedShutdownBehavior",
        "EbsOptimized",
        "Monitoring",
      ],
      (input, { region: name, account }) => {
        const region = world.region(name);
        const earlier = launchedBefore(region, input);
        if (earlier) return () => reservationOf(region, earlier, account);
        const count = countOf(input);
        const launch = checked(world, region, input);
        const addresses = freePrivateAddresses(region, launch.subnet.SubnetId, count);
        if (!addresses) {
          throw new AwsError(
            "InsufficientFreeAddressesInSubnet",
            `There are not enough free addresses in subnet '${launch.subnet.SubnetId}' to satisfy the requested number of instances.`,
          );
        }
        return () => {
          const reservationId = newId("r");
          const instances = addresses.map((address, index) =>
            place(world, region, launch, { account, reservationId, index, address }),
          );
          remember(region, input, instances);
          return reservationOf(region, instances, account);
        };
      },
    ),
  };
}

function reservationOf(region: Region, instances: readonly Instance[], account: string): Reservation {
  return reservations(region, instances, account)[0] ?? {};
}

/** What the same client token launched; for the same parameters only. */
function launchedBefore(region: Region, input: RunInstancesRequest): Instance[] | undefined {
  const { ClientToken: token } = input;
  if (token === undefined) return undefined;
  if (token.length > LONGEST_TOKEN || !/^[\x21-\x7e]*$/.test(token)) {
    throw invalidValue(`Value (${token}) for parameter clientToken is invalid. Invalid token`);
  }
  const known = region.ec2.clientTokens.get(token);
  if (!known) return undefined;
  if (known.request !== hashOf(input)) {
    throw new AwsError(
      "IdempotentParameterMismatch",
      "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    );
  }
  return known.instanceIds.flatMap((id) => region.ec2.instances.get(id) ?? []);
}

function remember(region: Region, input: RunInstancesRequest, instances: readonly Instance[]): void {
  if (input.ClientToken === undefined) return;
  const instanceIds = instances.map(({ InstanceId }) => InstanceId);
  region.ec2.clientTokens.put({ token: input.ClientToken, request: hashOf(input), instanceIds });
}

function hashOf({ ClientToken: _token, DryRun: _dryRun, ...request }: RunInstancesRequest): string {
  const sorted = JSON.stringify(request, (_key, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(sorted).digest("hex");
}

function countOf({ MinCount = 1, MaxCount = 1 }: RunInstancesRequest): number {
  if (MinCount < 1) throw invalidValue(`Invalid value '${MinCount}' for MinCount. It must be at least 1.`);
  if (MaxCount < MinCount) {
    throw invalidCombination(
      `The maximum count (${MaxCount}) must not be smaller than the minimum count (${MinCount}).`,
    );
  }
  return MaxCount;
}

function checked(world: World, region: Region, input: RunInstancesRequest): Launch {
  const tagSpecification = (type: "instance" | "volume" | "network-interface") =>
    tagsFor(type, input.TagSpecifications, ["instance", "volume", "network-interface"]);
  const image = imageOf(region, input.ImageId);
  const type = typeOf(input.InstanceType ?? "m1.small", image);
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
    tags: {
      instance: tagSpecification("instance"),
      volume: tagSpecification("volume"),
      networkInterface: tagSpecification("network-interface"),
    },
  };
}

/** An image by id, or by the public parameter that leads to it (`resolve:ssm:NAME`). */
function imageOf(region: Region, id: string | undefined): Image {
  if (!id) throw new AwsError("MissingParameter", "The request must contain the parameter ImageId");
  const parameter = /^resolve:ssm:(.+)$/.exec(id)?.[1];
  const imageId = parameter === undefined ? id : imageParameters(region.name).get(parameter);
  if (imageId === undefined) throw invalidValue(`The SSM parameter ${parameter} does not exist.`);
  checkId("image", imageId);
  const image = imagesOf(region.name).find(({ ImageId }) => ImageId === imageId);
  if (!image) throw notFound("image", [imageId]);
  return image;
}

function typeOf(name: string, image: Image): InstanceType {
  const type = instanceType(name);
  if (!type) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
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

/** Where one of the instances of a launch goes. */
interface Place {
  readonly account: string;
  readonly reservationId: string;
  /** Counts the instances of the launch. */
  readonly index: number;
  /** Private one. */
  readonly address: string;
}

/** Makes the records of one instance; its controller takes it from there. */
function place(
  world: World,
  region: Region,
  launch: Launch,
  { account, reservationId, index, address }: Place,
): Instance {
  const { input, image, type, subnet, profile } = launch;
  const InstanceId = newId("i");
  const now = world.now();
  const { RootDeviceName = "/dev/xvda" } = image;
  const instance = region.ec2.instances.put({
    InstanceId,
    ImageId: image.ImageId ?? "",
    InstanceType: type.name as Instance["InstanceType"],
    Architecture: image.Architecture,
    AmiLaunchIndex: index,
    BootMode: image.BootMode,
    CapacityReservationSpecification: { CapacityReservationPreference: "open" },
    ClientToken: input.ClientToken ?? "",
    CpuOptions: { CoreCount: Math.max(1, type.vcpus / 2), ThreadsPerCore: type.vcpus > 1 ? 2 : 1 },
    CurrentInstanceBootMode: image.Architecture === "arm64" ? "uefi" : "legacy-bios",
    EbsOptimized: input.EbsOptimized ?? false,
    EnaSupport: true,
    HibernationOptions: { Configured: false },
    Hypervisor: "xen",
    LaunchTime: now,
    MetadataOptions: metadataOptions(input.MetadataOptions, defaultMetadataOptions(image)),
    Monitoring: { State: input.Monitoring?.Enabled ? "enabled" : "disabled" },
    Placement: { AvailabilityZone: subnet.AvailabilityZone, GroupName: "", Tenancy: "default" },
    PlatformDetails: "Linux/UNIX",
    ProductCodes: [],
    RootDeviceName,
    RootDeviceType: "ebs",
    State: instanceState("pending"),
    StateReason: { Code: "pending", Message: "pending" },
    StateTransitionReason: "",
    Tags: launch.tags.instance,
    UsageOperation: "RunInstances",
    VirtualizationType: "hvm",
    hidden: {
      reservationId,
      visibleAt: world.later("instance visible"),
      ...(launch.userData !== undefined && { userData: launch.userData }),
      userDataState: "waiting",
      disableApiTermination: input.DisableApiTermination ?? false,
      shutdownBehavior: input.InstanceInitiatedShutdownBehavior ?? "stop",
    },
  });
  attachInterface(world, region, launch, { InstanceId, account, address });
  for (const device of launch.devices) attachVolume(world, region, launch, device, InstanceId);
  if (profile) associate(world, region, InstanceId, profile);
  return instance;
}

/** An image that asks for IMDSv2 gives its instances required tokens and two hops. */
function defaultMetadataOptions({ ImdsSupport }: Image) {
  return ImdsSupport === "v2.0" ? { HttpTokens: "required" as const, HttpPutResponseHopLimit: 2 } : {};
}

function attachInterface(
  world: World,
  region: Region,
  { subnet, groups, hasPublicAddress, input, tags }: Launch,
  { InstanceId, account, address }: { InstanceId: string; account: string; address: string },
): void {
  const own = input.NetworkInterfaces?.[0];
  region.ec2.networkInterfaces.put({
    NetworkInterfaceId: newId("eni"),
    VpcId: subnet.VpcId,
    SubnetId: subnet.SubnetId,
    AvailabilityZone: subnet.AvailabilityZone,
    Description: own?.Description ?? "",
    Groups: groups.map(({ GroupId, GroupName }) => ({ GroupId, GroupName })),
    InterfaceType: "interface",
    MacAddress: macOf(address),
    OwnerId: account,
    PrivateIpAddress: address,
    PrivateDnsName: `ip-${address.replaceAll(".", "-")}.${privateDomain(region.name)}`,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address }],
    RequesterManaged: false,
    SourceDestCheck: true,
    Status: "in-use",
    TagSet: tags.networkInterface,
    Attachment: {
      AttachmentId: newId("eni-attach"),
      AttachTime: world.now(),
      DeleteOnTermination: own?.DeleteOnTermination ?? true,
      DeviceIndex: 0,
      InstanceId,
      InstanceOwnerId: account,
      Status: "attached",
    },
    hidden: { wantsPublicAddress: hasPublicAddress },
  });
}

function attachVolume(world: World, region: Region, launch: Launch, device: Device, InstanceId: string): void {
  const VolumeId = newId("vol");
  const now = world.now();
  region.ec2.volumes.put({
    VolumeId,
    Size: device.size,
    VolumeType: device.type,
    ...(device.iops !== undefined && { Iops: device.iops }),
    ...(device.throughput !== undefined && { Throughput: device.throughput }),
    SnapshotId: device.snapshotId ?? "",
    Encrypted: device.encrypted,
    MultiAttachEnabled: false,
    AvailabilityZone: launch.subnet.AvailabilityZone,
    CreateTime: now,
    State: "in-use",
    Tags: launch.tags.volume,
    Attachments: [
      {
        VolumeId,
        InstanceId,
        Device: device.name,
        AttachTime: now,
        DeleteOnTermination: device.deleteOnTermination,
        State: "attached",
      },
    ],
  });
}

/** A locally administered address, made from the private one. */
function macOf(address: string): string {
  const bytes = [0x0a, 0xff, ...address.split(".").map(Number)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
