import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeAddressesAttributeCommand,
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeVpcAttributeCommand,
  DetachInternetGatewayCommand,
  DisassociateAddressCommand,
  DisassociateRouteTableCommand,
  type EC2Client,
  ModifyVpcAttributeCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { expect, test, vi } from "vitest";
import { clientsOf as clientsOfSandbox } from "../../../support/runs.ts";
import { sandboxForTest } from "../../../support/sandbox.ts";
import { clientsOf, refusal } from "../clients.ts";

async function newVpc(ec2: EC2Client) {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const VpcId = Vpc?.VpcId ?? "";
  const subnet = { VpcId, CidrBlock: "10.0.0.0/24", AvailabilityZone: "us-east-1a" };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(subnet));
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  return { VpcId, SubnetId: Subnet?.SubnetId ?? "", InternetGatewayId: InternetGateway?.InternetGatewayId ?? "" };
}

test("a VPC of one's own has names for its machines only when asked, one attribute a call", async () => {
  const { ec2 } = await clientsOf({ delays: "none" });
  const { VpcId } = await newVpc(ec2);
  const hostnames = () => ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" }));
  expect((await hostnames()).EnableDnsHostnames?.Value).toBe(false);
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  expect((await hostnames()).EnableDnsHostnames?.Value).toBe(true);
  const both = { VpcId, EnableDnsHostnames: { Value: true }, EnableDnsSupport: { Value: true } };
  expect(await refusal(ec2.send(new ModifyVpcAttributeCommand(both)))).toContain("InvalidParameterCombination: ");
});

test("subnets lie in their VPC and beside each other, and the sixth VPC is too many", async () => {
  const { ec2 } = await clientsOf({ delays: "none" });
  const { VpcId } = await newVpc(ec2);
  const create = (CidrBlock: string) => refusal(ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock })));
  expect(await create("10.0.0.128/25")).toContain("InvalidSubnet.Conflict: ");
  expect(await create("10.1.0.0/24")).toContain("InvalidSubnet.Range: ");
  for (const _ of [3, 4, 5]) await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const sixth = ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  expect(await refusal(sixth)).toContain("VpcLimitExceeded: ");
});

test("a NAT gateway without an internet gateway fails late; one that works keeps its address until it is deleted", async () => {
  const { ec2 } = clientsOfSandbox(await sandboxForTest({ delays: "none" }));
  const { VpcId, SubnetId, InternetGatewayId } = await newVpc(ec2);
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  const create = async () =>
    (await ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }))).NatGateway?.NatGatewayId ?? "";
  const look = async (id: string) =>
    (await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }))).NatGateways?.[0];
  const becomes = (id: string, State: string) =>
    vi.waitFor(async () => expect((await look(id))?.State).toBe(State), { timeout: 30_000, interval: 20 });
  const early = await create();
  await becomes(early, "failed");
  expect((await look(early))?.FailureMessage).toBe(`Network ${VpcId} has no Internet gateway attached`);

  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  const nat = await create();
  await becomes(nat, "available");
  const detach = () => ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  expect(await refusal(detach())).toMatch(/has some mapped public address/);
  expect(await refusal(ec2.send(new ReleaseAddressCommand({ AllocationId })))).toContain("AuthFailure: ");
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
  expect(NetworkInterfaces).toMatchObject([
    {
      Description: `Interface for NAT Gateway ${nat}`,
      InterfaceType: "nat_gateway",
      MacAddress: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
      RequesterManaged: true,
      SourceDestCheck: false,
    },
  ]);
  const { Addresses } = await ec2.send(new DescribeAddressesCommand({}));
  const AssociationId = Addresses?.[0]?.AssociationId;
  const disassociate = () => refusal(ec2.send(new DisassociateAddressCommand({ AssociationId })));
  expect(await disassociate()).toContain("AuthFailure: ");
  expect(await refusal(ec2.send(new DeleteSubnetCommand({ SubnetId })))).toContain("DependencyViolation: ");
  await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: nat }));
  await becomes(nat, "deleted");
  expect(await disassociate()).toBe(
    `InvalidAssociationID.NotFound: The association ID '${AssociationId}' does not exist`,
  );
  const elsewhere = ec2.send(new ReleaseAddressCommand({ AllocationId, NetworkBorderGroup: "us-east-1-wl1" }));
  expect(await refusal(elsewhere)).toContain("InvalidAddress.NotFound: ");
  const named = await ec2.send(new DescribeAddressesAttributeCommand({ Attribute: "domain-name" }));
  expect(named.Addresses).toEqual([{ AllocationId, PublicIp: Addresses?.[0]?.PublicIp }]);
  await ec2.send(new ReleaseAddressCommand({ AllocationId, NetworkBorderGroup: "us-east-1" }));
  await detach();
});

test("a NAT gateway fails late, too, where its address is another's or its subnet has none left", async () => {
  const sandbox = await sandboxForTest({ delays: "none", quotas: { natGateways: 20 } });
  const { ec2 } = clientsOfSandbox(sandbox);
  const { VpcId, SubnetId, InternetGatewayId } = await newVpc(ec2);
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  const becomes = (id: string | undefined, expected: object) =>
    vi.waitFor(async () => {
      const { NatGateways } = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id ?? ""] }));
      expect(NatGateways?.[0]).toMatchObject(expected);
    });
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  const create = async (subnet: string, ofAddress: object) =>
    (await ec2.send(new CreateNatGatewayCommand({ SubnetId: subnet, ...ofAddress }))).NatGateway?.NatGatewayId;
  await becomes(await create(SubnetId, { AllocationId }), { State: "available" });
  await becomes(await create(SubnetId, { AllocationId }), {
    State: "failed",
    FailureCode: "Resource.AlreadyAssociated",
    FailureMessage: `Elastic IP address ${AllocationId} is already associated`,
  });

  const tiny = { VpcId, CidrBlock: "10.0.1.0/28", AvailabilityZone: "us-east-1a" };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(tiny));
  const inside = () => create(Subnet?.SubnetId ?? "", { ConnectivityType: "private" });
  for (let count = 0; count < 11; count++) await becomes(await inside(), { State: "available" });
  await becomes(await inside(), {
    State: "failed",
    FailureCode: "InsufficientFreeAddressesInSubnet",
    FailureMessage: "Subnet has insufficient free addresses to create this NAT gateway",
  });
});

test("an account may have small quotas, and is told so in AWS's words", async () => {
  const { ec2 } = await clientsOf({ delays: "none", quotas: { vpcs: 2, addresses: 1, natGateways: 1 } });
  const { VpcId, SubnetId } = await newVpc(ec2);
  const allocate = () => ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  const { AllocationId } = await allocate();
  const nat = () => ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }));
  await nat();
  expect(await refusal(ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" })))).toBe(
    "VpcLimitExceeded: The maximum number of VPCs has been reached.",
  );
  expect(await refusal(allocate())).toBe("AddressLimitExceeded: The maximum number of addresses has been reached.");
  expect(await refusal(nat())).toBe(
    "NatGatewayLimitExceeded: Performing this operation would exceed the limit of 1 NAT gateways",
  );
  // Another zone counts for itself.
  const other = { VpcId, CidrBlock: "10.0.2.0/24", AvailabilityZone: "us-east-1b" };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(other));
  const there = { SubnetId: Subnet?.SubnetId, AllocationId };
  expect((await ec2.send(new CreateNatGatewayCommand(there))).NatGateway?.State).toBe("pending");
});

test("a route is a black hole while its internet gateway is not attached", async () => {
  const { ec2 } = await clientsOf({ delays: "none" });
  const { VpcId, InternetGatewayId } = await newVpc(ec2);
  const both = { InternetGatewayId, VpcId };
  await ec2.send(new AttachInternetGatewayCommand(both));
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  const RouteTableIds = [RouteTable?.RouteTableId ?? ""];
  const [RouteTableId] = RouteTableIds;
  await ec2.send(
    new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId }),
  );
  const state = async () => {
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds }));
    return RouteTables?.[0]?.Routes?.map(({ State }) => State);
  };
  expect(await state()).toEqual(["active", "active"]);
  await ec2.send(new DetachInternetGatewayCommand(both));
  expect(await state()).toEqual(["active", "blackhole"]);
  await ec2.send(new AttachInternetGatewayCommand(both));
  expect(await state()).toEqual(["active", "active"]);
});

test("everything in a VPC goes before it", async () => {
  const { ec2 } = await clientsOf({ delays: "none" });
  const { VpcId, SubnetId, InternetGatewayId } = await newVpc(ec2);
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  const RouteTableId = RouteTable?.RouteTableId ?? "";
  const route = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId };
  expect(await refusal(ec2.send(new CreateRouteCommand(route)))).toContain("InvalidParameterValue: ");
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  await ec2.send(new CreateRouteCommand(route));
  expect(await refusal(ec2.send(new CreateRouteCommand(route)))).toContain("RouteAlreadyExists: ");
  const { AssociationId } = await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  const remove = () => ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
  expect(await refusal(remove())).toContain("DependencyViolation: ");
  expect(await refusal(ec2.send(new DeleteVpcCommand({ VpcId })))).toContain("DependencyViolation: ");
  await ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
  await remove();
  expect(await refusal(ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })))).toContain(
    "DependencyViolation: ",
  );
  await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
  await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  await ec2.send(new DeleteVpcCommand({ VpcId }));
});
