import { privateName } from "../catalogue/zones.ts";
import { newId } from "../ids.ts";
import { instanceState } from "../instance-states.ts";
import type { Instance } from "../records.ts";
import type { Region, World } from "../world.ts";
import type { Device } from "./block-devices.ts";
import { associate } from "./instance-profiles.ts";
import type { Launch } from "./launch-request.ts";
import { macOf } from "./mac.ts";

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
export function place(
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
    CurrentInstanceBootMode: bootModeOf(launch),
    EbsOptimized: input.EbsOptimized ?? false,
    EnaSupport: true,
    HibernationOptions: { Configured: false },
    Hypervisor: "xen",
    LaunchTime: now,
    ...(input.KeyName !== undefined && { KeyName: input.KeyName }),
    MetadataOptions: launch.metadataOptions,
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
      ...(input.CreditSpecification?.CpuCredits !== undefined && { cpuCredits: input.CreditSpecification.CpuCredits }),
      shutdownBehavior: input.InstanceInitiatedShutdownBehavior ?? "stop",
    },
  });
  attachInterface(world, region, launch, { InstanceId, account, address });
  for (const device of launch.devices) attachVolume(world, region, launch, device, InstanceId);
  if (profile) associate(world, region, InstanceId, profile);
  return instance;
}

/** A machine of the Nitro system boots an image that prefers UEFI so; Xen knows the old way alone. (EC2, "Boot modes") */
function bootModeOf({ image, type }: Launch): "uefi" | "legacy-bios" {
  if (image.Architecture === "arm64" || image.BootMode === "uefi") return "uefi";
  return image.BootMode === "uefi-preferred" && type.hypervisor === "nitro" ? "uefi" : "legacy-bios";
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
    PrivateDnsName: privateName(region.name, address),
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
