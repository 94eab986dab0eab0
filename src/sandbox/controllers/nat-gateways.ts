import type { NetworkInterfaceType } from "@aws-sdk/client-ec2";
import { freePrivateAddresses } from "../world/addresses.ts";
import { privateName } from "../world/catalogue/zones.ts";
import { setRouteState } from "../world/ec2/route-states.ts";
import { newId } from "../world/ids.ts";
import type { NatGateway, NetworkInterface } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Why a NAT gateway will not work, in AWS's words. (VPC User Guide, "Troubleshoot NAT gateways") */
interface Failure {
  readonly FailureCode: string;
  readonly FailureMessage: string;
}

/**
 * Brings NAT gateways up, with a network interface and their address, or lets them fail as AWS does: late. One that goes keeps its
 * address until it is deleted, and leaves its routes behind as black holes; it stays listed for an hour.
 */
export function controlNatGateways(world: World): void {
  function react(region: Region, { NatGatewayId: id, State }: NatGateway): void {
    if (State === "pending") world.at(world.later("NAT gateway available"), () => settle(region, id));
    if (State === "deleting") {
      setRouteState(region, ({ NatGatewayId }) => NatGatewayId === id, "blackhole");
      world.at(world.later("NAT gateway deleted"), () => remove(region, id));
    }
    if (State === "deleted" || State === "failed") {
      world.at(world.later("NAT gateway forgotten"), () => region.ec2.natGateways.delete(id));
    }
  }

  function settle(region: Region, id: string): void {
    const { natGateways, networkInterfaces, addresses } = region.ec2;
    const gateway = natGateways.get(id);
    if (gateway?.State !== "pending") return;
    const [free] = freePrivateAddresses(region, gateway.SubnetId, 1) ?? [];
    const failure = failureOf(region, gateway, free);
    if (failure || free === undefined) {
      natGateways.put({ ...gateway, ...failure, State: "failed" });
      return;
    }
    const own = newInterface(world, region, gateway, free);
    networkInterfaces.put(own);
    const { AllocationId = "" } = gateway.NatGatewayAddresses[0] ?? {};
    const AssociationId = newId("eipassoc");
    const { NetworkInterfaceId, PrivateIpAddress: PrivateIp } = own;
    addresses.update(AllocationId, (draft) => {
      Object.assign(draft, { AssociationId, NetworkInterfaceId, PrivateIpAddress: PrivateIp });
    });
    const PublicIp = addresses.get(AllocationId)?.PublicIp;
    const address = {
      ...(PublicIp !== undefined && { AllocationId, AssociationId, PublicIp }),
      IsPrimary: true,
      NetworkInterfaceId,
      PrivateIp,
      Status: "succeeded" as const,
    };
    natGateways.put({ ...gateway, State: "available", NatGatewayAddresses: [address] });
  }

  function remove(region: Region, id: string): void {
    const { natGateways, networkInterfaces, addresses } = region.ec2;
    const gateway = natGateways.get(id);
    if (gateway?.State !== "deleting") return;
    for (const { NetworkInterfaceId = "", AllocationId = "" } of gateway.NatGatewayAddresses) {
      networkInterfaces.delete(NetworkInterfaceId);
      if (addresses.get(AllocationId)?.NetworkInterfaceId !== NetworkInterfaceId) continue;
      addresses.update(AllocationId, (draft) => {
        Object.assign(draft, {
          AssociationId: undefined,
          NetworkInterfaceId: undefined,
          PrivateIpAddress: undefined,
        });
      });
    }
    natGateways.put({ ...gateway, State: "deleted" });
  }

  world.watch("ec2", "natGateways", (region, { before, after }) => {
    if (after && after.State !== before?.State) react(region, after);
  });
  for (const region of world.regions()) for (const gateway of region.ec2.natGateways.all()) react(region, gateway);
}

/** @param free an address of its subnet that nothing has; undefined: there is none */
function failureOf(
  { ec2 }: Region,
  { VpcId, SubnetId, NatGatewayAddresses, ConnectivityType }: NatGateway,
  free: string | undefined,
): Failure | undefined {
  if (!ec2.subnets.get(SubnetId))
    return failure("InvalidSubnetID.NotFound", `The subnet ID '${SubnetId}' does not exist`);
  if (free === undefined) {
    const message = "Subnet has insufficient free addresses to create this NAT gateway";
    return failure("InsufficientFreeAddressesInSubnet", message);
  }
  if (ConnectivityType === "private") return undefined;
  const isAttached = ec2.internetGateways.find(({ Attachments }) => Attachments.some((one) => one.VpcId === VpcId));
  const AllocationId = NatGatewayAddresses[0]?.AllocationId ?? "";
  const address = ec2.addresses.get(AllocationId);
  if (!isAttached) return failure("Gateway.NotAttached", `Network ${VpcId} has no Internet gateway attached`);
  if (!address) {
    return failure(
      "InvalidAllocationID.NotFound",
      `Elastic IP address ${AllocationId} could not be associated with this NAT gateway`,
    );
  }
  if (address.AssociationId) {
    return failure("Resource.AlreadyAssociated", `Elastic IP address ${AllocationId} is already associated`);
  }
  return undefined;
}

function failure(FailureCode: string, FailureMessage: string): Failure {
  return { FailureCode, FailureMessage };
}

/** AWS's model calls it `natGateway`, its answers do not. (aws-parallelcluster's tests, aws-perspective's, both recorded from AWS) */
const INTERFACE_TYPE = "nat_gateway" as NetworkInterfaceType;

function newInterface(
  world: World,
  region: Region,
  { NatGatewayId, VpcId, SubnetId, ...rest }: NatGateway,
  PrivateIpAddress: string,
) {
  const { AllocationId = "" } = rest.NatGatewayAddresses[0] ?? {};
  const PublicIp = region.ec2.addresses.get(AllocationId)?.PublicIp;
  const hasNames = region.ec2.vpcs.get(VpcId)?.hidden?.dnsHostnames ?? true;
  const own: NetworkInterface = {
    NetworkInterfaceId: newId("eni"),
    VpcId,
    SubnetId,
    AvailabilityZone: region.ec2.subnets.get(SubnetId)?.AvailabilityZone,
    Description: `Interface for NAT Gateway ${NatGatewayId}`,
    Groups: [],
    InterfaceType: INTERFACE_TYPE,
    OwnerId: world.account,
    PrivateIpAddress,
    ...(hasNames && { PrivateDnsName: privateName(region.name, PrivateIpAddress) }),
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress }],
    RequesterManaged: true,
    SourceDestCheck: false,
    Status: "in-use",
    TagSet: [],
    ...(PublicIp !== undefined && { Association: { AllocationId, IpOwnerId: world.account, PublicIp } }),
    hidden: { wantsPublicAddress: false },
  };
  return own;
}
