import type { Instance as Ec2Instance, InstanceNetworkInterface, Reservation } from "@aws-sdk/client-ec2";
import type { Instance, NetworkInterface, ProfileAssociation, Volume } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { type Filters, tagFilters } from "./listing.ts";
import { PRIVATE_NAMES } from "./private-names.ts";

/** Shows instances as DescribeInstances does, with what hangs on them now: however many there are, that is looked through once. */
export function shapesIn({ ec2 }: Region): (instance: Instance) => Ec2Instance {
  const interfaces = byInstance(ec2.networkInterfaces.all(), ({ Attachment }) => Attachment?.InstanceId);
  const profiles = byInstance(ec2.profileAssociations.all(), ({ InstanceId }) => InstanceId);
  const attachments = ec2.volumes.all().flatMap(({ Attachments }) => Attachments);
  const devices = byInstance(attachments, ({ InstanceId }) => InstanceId);
  return (instance) => {
    const { InstanceId: id } = instance;
    const [profile] = profiles.get(id) ?? [];
    return shown(instance, interfaces.get(id) ?? [], devices.get(id) ?? [], profile);
  };
}

function byInstance<Record>(
  records: readonly Record[],
  idOf: (record: Record) => string | undefined,
): ReadonlyMap<string | undefined, Record[]> {
  const groups = new Map<string | undefined, Record[]>();
  for (const record of records) {
    const group = groups.get(idOf(record));
    if (group) group.push(record);
    else groups.set(idOf(record), [record]);
  }
  return groups;
}

function shown(
  instance: Instance,
  interfaces: readonly NetworkInterface[],
  devices: Volume["Attachments"],
  profile: ProfileAssociation | undefined,
): Ec2Instance {
  const { hidden: _hidden, ...shape } = instance;
  const primary = interfaces.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  return {
    ...shape,
    EnclaveOptions: { Enabled: false },
    MaintenanceOptions: { AutoRecovery: "default", RebootMigration: "default" },
    PrivateDnsNameOptions: PRIVATE_NAMES,
    UsageOperationUpdateTime: shape.LaunchTime,
    PublicDnsName: "",
    PrivateDnsName: primary?.PrivateDnsName ?? "",
    SecurityGroups: primary?.Groups ?? [],
    NetworkInterfaces: interfaces.map(interfaceShape),
    BlockDeviceMappings: devices.map(({ Device, VolumeId, AttachTime, DeleteOnTermination, State }) => ({
      DeviceName: Device,
      Ebs: { VolumeId, AttachTime, DeleteOnTermination, Status: State === "attached" ? "attached" : "attaching" },
    })),
    ...(profile && { IamInstanceProfile: profile.IamInstanceProfile }),
    ...(primary && {
      SubnetId: primary.SubnetId,
      VpcId: primary.VpcId,
      PrivateIpAddress: primary.PrivateIpAddress,
      SourceDestCheck: primary.SourceDestCheck,
    }),
    ...(primary?.Association && { PublicIpAddress: primary.Association.PublicIp }),
  };
}

/** Instances that were launched together, as one. */
export function reservations(region: Region, instances: readonly Instance[], account: string): Reservation[] {
  const byId = new Map<string, Reservation & { Instances: Ec2Instance[] }>();
  const shape = shapesIn(region);
  for (const instance of instances) {
    const ReservationId = instance.hidden.reservationId;
    const reservation = byId.get(ReservationId) ?? { ReservationId, OwnerId: account, Groups: [], Instances: [] };
    reservation.Instances.push(shape(instance));
    byId.set(ReservationId, reservation);
  }
  return [...byId.values()];
}

/** An instance beside its shape, for filters. */
export interface Shown {
  readonly instance: Instance;
  readonly shape: Ec2Instance;
}

/** Filters of DescribeInstances. */
export const INSTANCE_FILTERS: Filters<Shown> = {
  architecture: ({ shape }) => shape.Architecture,
  "availability-zone": ({ instance }) => instance.Placement.AvailabilityZone,
  "block-device-mapping.device-name": ({ shape }) => shape.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName),
  "block-device-mapping.volume-id": ({ shape }) => shape.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeId),
  "client-token": ({ shape }) => shape.ClientToken,
  "dns-name": ({ shape }) => shape.PublicDnsName,
  "iam-instance-profile.arn": ({ shape }) => shape.IamInstanceProfile?.Arn,
  "iam-instance-profile.id": ({ shape }) => shape.IamInstanceProfile?.Id,
  "image-id": ({ shape }) => shape.ImageId,
  "instance-id": ({ shape }) => shape.InstanceId,
  "instance-state-code": ({ instance }) => instance.State.Code,
  "instance-state-name": ({ instance }) => instance.State.Name,
  "instance-type": ({ shape }) => shape.InstanceType,
  "instance.group-id": ({ shape }) => shape.SecurityGroups?.map(({ GroupId }) => GroupId),
  "instance.group-name": ({ shape }) => shape.SecurityGroups?.map(({ GroupName }) => GroupName),
  hypervisor: ({ shape }) => shape.Hypervisor,
  "ip-address": ({ shape }) => shape.PublicIpAddress,
  "key-name": ({ shape }) => shape.KeyName,
  "launch-time": ({ shape }) => shape.LaunchTime,
  "metadata-options.http-tokens": ({ shape }) => shape.MetadataOptions?.HttpTokens,
  "monitoring-state": ({ shape }) => shape.Monitoring?.State,
  "network-interface.network-interface-id": ({ shape }) =>
    shape.NetworkInterfaces?.map(({ NetworkInterfaceId }) => NetworkInterfaceId),
  "owner-id": ({ shape }) => shape.NetworkInterfaces?.[0]?.OwnerId,
  "platform-details": ({ shape }) => shape.PlatformDetails,
  "private-dns-name": ({ shape }) => shape.PrivateDnsName,
  "private-ip-address": ({ shape }) => shape.PrivateIpAddress,
  "reservation-id": ({ instance }) => instance.hidden.reservationId,
  "root-device-name": ({ shape }) => shape.RootDeviceName,
  "root-device-type": ({ shape }) => shape.RootDeviceType,
  "state-reason-code": ({ shape }) => shape.StateReason?.Code,
  "subnet-id": ({ shape }) => shape.SubnetId,
  tenancy: ({ instance }) => instance.Placement.Tenancy,
  "virtualization-type": ({ shape }) => shape.VirtualizationType,
  "vpc-id": ({ shape }) => shape.VpcId,
  ...tagFilters(({ instance }) => instance.Tags),
};

function interfaceShape(one: NetworkInterface): InstanceNetworkInterface {
  const { Attachment, Association, PrivateIpAddress, PrivateDnsName } = one;
  const association = Association && { IpOwnerId: Association.IpOwnerId, PublicIp: Association.PublicIp };
  return {
    NetworkInterfaceId: one.NetworkInterfaceId,
    Description: one.Description,
    Groups: one.Groups,
    InterfaceType: one.InterfaceType,
    MacAddress: one.MacAddress,
    OwnerId: one.OwnerId,
    PrivateDnsName,
    PrivateIpAddress,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress, PrivateDnsName, Association: association }],
    SourceDestCheck: one.SourceDestCheck,
    Status: one.Status,
    SubnetId: one.SubnetId,
    VpcId: one.VpcId,
    Association: association,
    Attachment: Attachment && {
      AttachmentId: Attachment.AttachmentId,
      AttachTime: Attachment.AttachTime,
      DeleteOnTermination: Attachment.DeleteOnTermination,
      DeviceIndex: Attachment.DeviceIndex,
      NetworkCardIndex: 0,
      Status: Attachment.Status,
    },
  };
}
