import { freePrivateAddresses, freePublicAddress, type Loopback } from "../world/addresses.ts";
import { newId } from "../world/ids.ts";
import type { LoadBalancer, NetworkInterface } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

const REQUESTER = "amazon-elb";

/**
 * Makes load balancers active, and keeps one network interface for each in every subnet of theirs. An interface outlives
 * its load balancer for a while, and holds its security groups meanwhile.
 */
export function controlLoadBalancers(world: World, loopback: Loopback): void {
  function activate(region: Region, arn: string): void {
    region.elbv2.loadBalancers.update(arn, (draft) => {
      if (draft.State.Code === "provisioning") draft.State = { Code: "active" };
    });
  }

  function settle(region: Region, arn: string): void {
    const balancer = region.elbv2.loadBalancers.get(arn);
    const wanted = balancer?.AvailabilityZones.map(({ SubnetId = "" }) => SubnetId) ?? [];
    const own = interfacesOf(region, arn).filter(({ hidden }) => !hidden.releasedAt);
    for (const one of own.filter(({ SubnetId }) => !wanted.includes(SubnetId))) release(region, one);
    if (!balancer) return;
    const Groups = groupsOf(region, balancer);
    for (const one of own) {
      if (sameGroups(one.Groups, Groups)) continue;
      region.ec2.networkInterfaces.put({ ...one, Groups });
    }
    for (const subnetId of wanted.filter((id) => !own.some(({ SubnetId }) => SubnetId === id))) {
      region.ec2.networkInterfaces.put(newInterface(world, region, balancer, subnetId, loopback));
    }
  }

  function release(region: Region, { NetworkInterfaceId }: NetworkInterface): void {
    region.ec2.networkInterfaces.update(NetworkInterfaceId, (draft) => {
      draft.hidden.releasedAt = world.now();
    });
    forget(region, NetworkInterfaceId);
  }

  function forget(region: Region, id: string): void {
    world.at(world.later("load balancer interfaces gone"), () => region.ec2.networkInterfaces.delete(id));
  }

  world.watch("elbv2", "loadBalancers", (region, { key, before }) => {
    settle(region, key);
    if (!before) world.at(world.later("load balancer active"), () => activate(region, key));
  });
  for (const region of world.regions()) {
    for (const { LoadBalancerArn } of region.elbv2.loadBalancers.all()) {
      settle(region, LoadBalancerArn);
      world.at(world.later("load balancer active"), () => activate(region, LoadBalancerArn));
    }
    for (const { RequesterId, Description, NetworkInterfaceId, hidden } of region.ec2.networkInterfaces.all()) {
      if (RequesterId !== REQUESTER) continue;
      if (hidden.releasedAt || !balancerOf(region, Description)) forget(region, NetworkInterfaceId);
    }
  }
}

/** As AWS describes a load balancer's interfaces: `ELB app/bia-alb/50dc6c495c0c9188`. */
function descriptionOf(arn: string): string {
  return `ELB ${arn.replace(/^.*:loadbalancer\//, "")}`;
}

function balancerOf({ elbv2 }: Region, description: string | undefined): LoadBalancer | undefined {
  return elbv2.loadBalancers.find(({ LoadBalancerArn }) => descriptionOf(LoadBalancerArn) === description);
}

/** The network interfaces of a load balancer, those that only linger included. */
export function interfacesOf({ ec2 }: Region, arn: string): NetworkInterface[] {
  const description = descriptionOf(arn);
  return ec2.networkInterfaces.filter((one) => one.RequesterId === REQUESTER && one.Description === description);
}

type Groups = NetworkInterface["Groups"];

function groupsOf({ ec2 }: Region, { SecurityGroups }: LoadBalancer): Groups {
  return SecurityGroups.map((GroupId) => ({ GroupId, GroupName: ec2.securityGroups.get(GroupId)?.GroupName }));
}

function sameGroups(one: Groups, other: Groups): boolean {
  const ids = (groups: Groups) => groups.map(({ GroupId }) => GroupId).sort();
  return ids(one).join() === ids(other).join();
}

function newInterface(
  world: World,
  region: Region,
  balancer: LoadBalancer,
  SubnetId: string,
  loopback: Loopback,
): NetworkInterface {
  const [PrivateIpAddress = ""] = freePrivateAddresses(region, SubnetId, 1) ?? [];
  const wantsPublicAddress = balancer.Scheme === "internet-facing";
  const zone = region.ec2.subnets.get(SubnetId)?.AvailabilityZone;
  return {
    NetworkInterfaceId: newId("eni"),
    VpcId: balancer.VpcId,
    SubnetId,
    AvailabilityZone: zone,
    Description: descriptionOf(balancer.LoadBalancerArn),
    Groups: groupsOf(region, balancer),
    InterfaceType: "interface",
    OwnerId: world.account,
    PrivateIpAddress,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress }],
    RequesterId: REQUESTER,
    RequesterManaged: true,
    SourceDestCheck: true,
    Status: "in-use",
    TagSet: [],
    Attachment: {
      AttachmentId: newId("ela-attach"),
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: REQUESTER,
      Status: "attached",
    },
    ...(wantsPublicAddress && {
      Association: {
        IpOwnerId: REQUESTER,
        PublicIp: freePublicAddress(world.regions(), loopback),
        PublicDnsName: "",
      },
    }),
    hidden: { wantsPublicAddress },
  };
}
