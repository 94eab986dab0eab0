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
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeAddressesAttributeCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  type EC2Client,
  ReleaseAddressCommand,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
  type ResourceType,
  waitUntilNatGatewayAvailable,
} from "@aws-sdk/client-ec2";
import type { Call, Scenario } from "../transcript.ts";

const tagged = (type: ResourceType) => [{ ResourceType: type, Tags: [{ Key: "Name", Value: "shop" }] }];

/** What a VPC is reached by, and what it reaches the internet by. */
export const gateways: Scenario = {
  title: "gateways, addresses and routes",
  async run({ ec2 }, call) {
    const { Vpc: { VpcId = "" } = {} } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
    const cidr = { VpcId, CidrBlock: "10.0.0.0/24", AvailabilityZone: "us-east-1a" };
    const { Subnet: { SubnetId = "" } = {} } = await ec2.send(new CreateSubnetCommand(cidr));
    const gateway = await internetGateway(ec2, call, VpcId);
    const { table, association } = await routeTable(ec2, call, { VpcId, SubnetId, gateway });
    const address = await elasticIp(ec2, call);
    const nat = await natGateway(ec2, call, SubnetId, address);
    const own = { Filters: [{ Name: "vpc-id", Values: [VpcId] }] };
    await call("DescribeNetworkInterfaces", ec2.send(new DescribeNetworkInterfacesCommand(own)));

    const way = { RouteTableId: table, DestinationCidrBlock: "0.0.0.0/0" };
    await call("ReplaceRoute", ec2.send(new ReplaceRouteCommand({ ...way, NatGatewayId: nat })));
    const replacing = new ReplaceRouteTableAssociationCommand({ RouteTableId: table, AssociationId: association });
    const { NewAssociationId } = await call("ReplaceRouteTableAssociation", ec2.send(replacing));
    await call("DescribeRouteTables, replaced", ec2.send(new DescribeRouteTablesCommand(own)));

    const detach = { VpcId, InternetGatewayId: gateway };
    await call("ReleaseAddress, in use", ec2.send(new ReleaseAddressCommand({ AllocationId: address })));
    await call("DeleteSubnet, in use", ec2.send(new DeleteSubnetCommand({ SubnetId })));
    await call("DetachInternetGateway, in use", ec2.send(new DetachInternetGatewayCommand(detach)));
    await call("DeleteVpc, in use", ec2.send(new DeleteVpcCommand({ VpcId })));

    await call("DeleteNatGateway", ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: nat })));
    await call(
      "DisassociateRouteTable",
      ec2.send(new DisassociateRouteTableCommand({ AssociationId: NewAssociationId })),
    );
    await call("DeleteRoute", ec2.send(new DeleteRouteCommand(way)));
    await call("DeleteRoute, again", ec2.send(new DeleteRouteCommand(way)));
    await call("DeleteRouteTable", ec2.send(new DeleteRouteTableCommand({ RouteTableId: table })));
    await call("DeleteRouteTable, again", ec2.send(new DeleteRouteTableCommand({ RouteTableId: table })));
  },
  differences: [
    { at: /\.NatGateway\.(State|NatGatewayAddresses\.0\.\w+)$/, why: "moto makes everything at once, AWS in a minute" },
    { at: /\.ConnectivityType$|\.IsPrimary$|\.Status$/, why: "moto leaves it out (ec2:NatGateway)" },
    { at: /\.ClientToken$/, why: "moto leaves it out (ec2:CreateNatGateway, ec2:CreateRouteTable)" },
    { at: /\.(PublicIpv4Pool|NetworkBorderGroup)$/, why: "moto leaves it out (ec2:Address)" },
    { at: /^DescribeNetworkInterfaces\./, why: "moto's is none of a NAT gateway: `interface`, in a group, available" },
    {
      at: /NewAssociationId$|RouteTableAssociationId$/,
      why: "moto keeps the id, AWS gives another (ec2:ReplaceRouteTableAssociation)",
    },
    {
      at: /^CreateNatGateway, no address/,
      why: "moto takes it; AWS: MissingParameter (ec2:CreateNatGateway, AllocationId)",
    },
    {
      at: /^DescribeNatGateways, unknown/,
      why: "moto: an empty list; AWS: NatGatewayNotFound (its waiter waits for that)",
    },
    { at: /^ReleaseAddress, in use/, why: "moto takes it; AWS: AuthFailure" },
    { at: /^DeleteSubnet, in use/, why: "moto takes it; AWS: DependencyViolation" },
    { at: /^DetachInternetGateway, in use/, why: "moto takes it; AWS: DependencyViolation" },
  ],
};

async function internetGateway(ec2: EC2Client, call: Call, VpcId: string): Promise<string> {
  const made = new CreateInternetGatewayCommand({ TagSpecifications: tagged("internet-gateway") });
  const { InternetGateway: { InternetGatewayId = "" } = {} } = await call("CreateInternetGateway", ec2.send(made));
  await call("AttachInternetGateway", ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId })));
  await call("AttachInternetGateway, twice", ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId })));
  const InternetGatewayIds = [InternetGatewayId];
  await call("DescribeInternetGateways", ec2.send(new DescribeInternetGatewaysCommand({ InternetGatewayIds })));
  const unknown = new DescribeInternetGatewaysCommand({ InternetGatewayIds: ["igw-0123456789abcdef0"] });
  await call("DescribeInternetGateways, unknown", ec2.send(unknown));
  await call("DeleteInternetGateway, attached", ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })));
  return InternetGatewayId;
}

async function routeTable(ec2: EC2Client, call: Call, of: { VpcId: string; SubnetId: string; gateway: string }) {
  const { VpcId, SubnetId, gateway: GatewayId } = of;
  const made = new CreateRouteTableCommand({ VpcId, TagSpecifications: tagged("route-table") });
  const { RouteTable: { RouteTableId = "" } = {} } = await call("CreateRouteTable", ec2.send(made));
  const way = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId };
  await call("ReplaceRoute, none there", ec2.send(new ReplaceRouteCommand(way)));
  await call("CreateRoute", ec2.send(new CreateRouteCommand(way)));
  await call("CreateRoute, twice", ec2.send(new CreateRouteCommand(way)));
  const associating = new AssociateRouteTableCommand({ RouteTableId, SubnetId });
  const { AssociationId = "" } = await call("AssociateRouteTable", ec2.send(associating));
  const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
  await call("DescribeRouteTables", ec2.send(new DescribeRouteTablesCommand({ Filters })));
  await call("DeleteRouteTable, associated", ec2.send(new DeleteRouteTableCommand({ RouteTableId })));
  return { table: RouteTableId, association: AssociationId };
}

async function elasticIp(ec2: EC2Client, call: Call): Promise<string> {
  const made = new AllocateAddressCommand({ Domain: "vpc", TagSpecifications: tagged("elastic-ip") });
  const { AllocationId = "" } = await call("AllocateAddress", ec2.send(made));
  const AllocationIds = [AllocationId];
  await call("DescribeAddresses", ec2.send(new DescribeAddressesCommand({ AllocationIds })));
  const asked = new DescribeAddressesAttributeCommand({ AllocationIds, Attribute: "domain-name" });
  await call("DescribeAddressesAttribute", ec2.send(asked));
  const unknown = { AllocationIds: ["eipalloc-0123456789abcdef0"] };
  await call("DescribeAddresses, unknown", ec2.send(new DescribeAddressesCommand(unknown)));
  return AllocationId;
}

async function natGateway(ec2: EC2Client, call: Call, SubnetId: string, AllocationId: string): Promise<string> {
  const TagSpecifications = tagged("natgateway");
  const made = new CreateNatGatewayCommand({ SubnetId, AllocationId, ClientToken: "shop", TagSpecifications });
  const { NatGateway: { NatGatewayId = "" } = {} } = await call("CreateNatGateway", ec2.send(made));
  const NatGatewayIds = [NatGatewayId];
  await waitUntilNatGatewayAvailable({ client: ec2, maxWaitTime: 60, minDelay: 1 }, { NatGatewayIds });
  await call("DescribeNatGateways", ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds })));
  const unknown = new DescribeNatGatewaysCommand({ NatGatewayIds: ["nat-0123456789abcdef0"] });
  await call("DescribeNatGateways, unknown", ec2.send(unknown));
  await call("CreateNatGateway, no address", ec2.send(new CreateNatGatewayCommand({ SubnetId })));
  const nowhere = new CreateNatGatewayCommand({ SubnetId: "subnet-0123456789abcdef0", AllocationId });
  await call("CreateNatGateway, unknown subnet", ec2.send(nowhere));
  return NatGatewayId;
}
