import type { KeyValuePair } from "@aws-sdk/client-ecs";
import { freePrivateAddresses, freePublicAddress, type Loopback } from "../world/addresses.ts";
import { privateName } from "../world/catalogue/zones.ts";
import { macOf } from "../world/ec2/mac.ts";
import { hostOf } from "../world/ecs/fargate.ts";
import { newId } from "../world/ids.ts";
import type { EcsTask, NetworkInterface } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { TaskFailure } from "./ecs-task-failure.ts";

const INTERFACE = "ElasticNetworkInterface";

/**
 * Gives a task on Fargate its network interface, and so its address. (ECS Developer Guide, "Fargate task networking")
 *
 * @throws TaskFailure its subnet is full, or gone
 */
export function attachInterface(world: World, region: Region, task: EcsTask, loopback: Loopback): void {
  const { network } = task.hidden;
  if (!network || interfaceOf(region, task)) return;
  const [address] = freePrivateAddresses(region, network.subnetId, 1) ?? [];
  if (address === undefined) {
    throw new TaskFailure(
      `Unexpected EC2 error while attempting to Create Network Interface in subnet '${network.subnetId}': InsufficientFreeAddressesInSubnet`,
    );
  }
  const own = newInterface(world, region, task, address, loopback);
  region.ec2.networkInterfaces.put(own);
  region.ecs.tasks.update(task.taskArn, (draft) => {
    for (const attachment of draft.attachments ?? []) {
      attachment.status = "ATTACHED";
      if (attachment.type === INTERFACE) attachment.details = detailsOf(own);
    }
    const attachmentId = draft.attachments?.find(({ type }) => type === INTERFACE)?.id;
    for (const container of draft.containers) {
      container.networkInterfaces = [{ attachmentId, privateIpv4Address: address }];
    }
    draft.connectivityAt = world.now();
    draft.hidden.targets = (draft.hidden.loadBalancers ?? []).map(({ targetGroupArn = "", containerPort = 0 }) => ({
      TargetGroupArn: targetGroupArn,
      Id: address,
      Port: containerPort,
    }));
  });
}

/** Takes a task's network interface away when it has ended. */
export function detachInterface(region: Region, task: EcsTask): void {
  const own = interfaceOf(region, task);
  if (!own) return;
  region.ec2.networkInterfaces.delete(own.NetworkInterfaceId);
  region.ecs.tasks.update(task.taskArn, (draft) => {
    for (const attachment of draft.attachments ?? []) attachment.status = "DELETED";
  });
}

/** The network interface of a task on Fargate; undefined: it has none yet, or none any more. */
export function interfaceOf({ ec2 }: Region, task: EcsTask): NetworkInterface | undefined {
  const host = hostOf(task);
  return ec2.networkInterfaces.find(({ hidden }) => hidden.host === host);
}

function detailsOf(own: NetworkInterface): KeyValuePair[] {
  return Object.entries({
    subnetId: own.SubnetId,
    networkInterfaceId: own.NetworkInterfaceId,
    macAddress: own.MacAddress,
    privateDnsName: own.PrivateDnsName,
    privateIPv4Address: own.PrivateIpAddress,
  }).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function newInterface(
  world: World,
  region: Region,
  task: EcsTask,
  PrivateIpAddress: string,
  loopback: Loopback,
): NetworkInterface {
  const { subnetId = "", groups = [], isPublic = false } = task.hidden.network ?? {};
  const { VpcId = "", AvailabilityZone } = region.ec2.subnets.get(subnetId) ?? {};
  const [attachment] = task.attachments ?? [];
  const hasNames = region.ec2.vpcs.get(VpcId)?.hidden?.dnsHostnames ?? true;
  return {
    NetworkInterfaceId: newId("eni"),
    VpcId,
    SubnetId: subnetId,
    AvailabilityZone,
    Description: `arn:aws:ecs:${region.name}:${world.account}:attachment/${attachment?.id}`,
    Groups: groups.map((GroupId) => ({ GroupId, GroupName: region.ec2.securityGroups.get(GroupId)?.GroupName })),
    InterfaceType: "interface",
    MacAddress: macOf(PrivateIpAddress),
    OwnerId: world.account,
    PrivateIpAddress,
    ...(hasNames && {
      PrivateDnsName: privateName(region.name, PrivateIpAddress),
    }),
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress }],
    RequesterManaged: true,
    SourceDestCheck: true,
    Status: "in-use",
    TagSet: [],
    Attachment: {
      AttachmentId: newId("eni-attach"),
      AttachTime: world.now(),
      DeleteOnTermination: false,
      DeviceIndex: 1,
      // Of an account of AWS's, in which Fargate's machines are.
      InstanceOwnerId: "amazon-ecs",
      Status: "attached",
    },
    ...(isPublic && {
      Association: { IpOwnerId: "amazon", PublicIp: freePublicAddress(world.regions(), loopback), PublicDnsName: "" },
    }),
    hidden: { wantsPublicAddress: isPublic, host: hostOf(task) },
  };
}
