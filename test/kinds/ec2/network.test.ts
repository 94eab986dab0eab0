import {
  AllocateAddressCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteRouteCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
  ReplaceRouteTableAssociationCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { ownershipTags, toTagList } from "../../../src/aws/tags.ts";
import type { Stack } from "../../../src/engine/task.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";

const { variables } = await load(undefined, "/", "retail");
/** The network of the workshop, as it is by default. */
const stack: Stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });

const NAME = "retail-store-vpc";
const named = (Value: string) => [{ Name: "tag:Name", Values: [Value] }];

async function vpcId({ ec2 }: AwsClients): Promise<string> {
  return (await ec2.send(new DescribeVpcsCommand({ Filters: named(NAME) }))).Vpcs?.[0]?.VpcId ?? "";
}

async function gatewayId({ ec2 }: AwsClients): Promise<string> {
  const { InternetGateways } = await ec2.send(new DescribeInternetGatewaysCommand({ Filters: named(NAME) }));
  return InternetGateways?.[0]?.InternetGatewayId ?? "";
}

async function subnetId({ ec2 }: AwsClients, name: string): Promise<string> {
  return (await ec2.send(new DescribeSubnetsCommand({ Filters: named(name) }))).Subnets?.[0]?.SubnetId ?? "";
}

async function table({ ec2 }: AwsClients, name: string) {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters: named(name) }));
  return RouteTables?.[0];
}

const renamed = (idOf: (aws: AwsClients) => Promise<string>): Drift => ({
  field: /^tag Name$/,
  make: async (aws) => {
    const Resources = [await idOf(aws)];
    return aws.ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "Name", Value: "changed" }] }));
  },
});

const publicTable = async (aws: AwsClients) => table(aws, `${NAME}-public`);

const CONTRACTS: Readonly<Record<string, Readonly<Record<string, Drift>>>> = {
  vpc: {
    "names that are not given": {
      field: /^enableDnsHostnames$/,
      make: async (aws) =>
        aws.ec2.send(new ModifyVpcAttributeCommand({ VpcId: await vpcId(aws), EnableDnsHostnames: { Value: false } })),
    },
    "a name server that does not answer": {
      field: /^enableDnsSupport$/,
      make: async (aws) =>
        aws.ec2.send(new ModifyVpcAttributeCommand({ VpcId: await vpcId(aws), EnableDnsSupport: { Value: false } })),
    },
    "a tag": renamed(vpcId),
  },
  "internet-gateway": {
    "a gateway that was detached": {
      field: /^attachment$/,
      make: async (aws) => {
        const of = { InternetGatewayId: await gatewayId(aws), VpcId: await vpcId(aws) };
        return aws.ec2.send(new DetachInternetGatewayCommand(of));
      },
    },
    "a tag": renamed(gatewayId),
  },
  "public-subnet-a": {
    "public addresses that are not given": {
      field: /^mapPublicIpOnLaunch$/,
      make: async (aws) => {
        const SubnetId = await subnetId(aws, `${NAME}-public-a`);
        return aws.ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: false } }));
      },
    },
    "a tag": renamed((aws) => subnetId(aws, `${NAME}-public-a`)),
  },
  "public-routes": {
    "a route that was deleted": {
      field: /^route 0\.0\.0\.0\/0$/,
      make: async (aws) => {
        const { RouteTableId } = (await publicTable(aws)) ?? {};
        return aws.ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0" }));
      },
    },
    "a subnet that follows it no more": {
      field: /^subnet subnet-/,
      make: async (aws) => {
        const { Associations = [] } = (await publicTable(aws)) ?? {};
        const AssociationId = Associations[0]?.RouteTableAssociationId;
        return aws.ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
      },
    },
    "a tag": renamed(async (aws) => (await publicTable(aws))?.RouteTableId ?? ""),
  },
  "nat-address-a": {
    "a tag": renamed(async ({ ec2 }) => {
      const { Addresses } = await ec2.send(new DescribeAddressesCommand({ Filters: named(`${NAME}-nat-a`) }));
      return Addresses?.[0]?.AllocationId ?? "";
    }),
  },
  "nat-gateway-a": {
    "a tag": renamed(async ({ ec2 }) => {
      const { NatGateways } = await ec2.send(new DescribeNatGatewaysCommand({ Filter: named(`${NAME}-nat-a`) }));
      return NatGateways?.[0]?.NatGatewayId ?? "";
    }),
  },
};

for (const [task, drifts] of Object.entries(CONTRACTS)) describeContract({ task, stack, drifts });

/** A second one of a kind, as a call whose answer was lost leaves it behind. */
const SECONDS: Readonly<Record<string, (aws: AwsClients, Tags: { Key: string; Value: string }[]) => Promise<unknown>>> =
  {
    vpc: ({ ec2 }, Tags) =>
      ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", TagSpecifications: [{ ResourceType: "vpc", Tags }] })),
    "internet-gateway": ({ ec2 }, Tags) =>
      ec2.send(new CreateInternetGatewayCommand({ TagSpecifications: [{ ResourceType: "internet-gateway", Tags }] })),
    "nat-address-a": ({ ec2 }, Tags) =>
      ec2.send(
        new AllocateAddressCommand({ Domain: "vpc", TagSpecifications: [{ ResourceType: "elastic-ip", Tags }] }),
      ),
    "nat-gateway-a": async (aws, Tags) => {
      const { AllocationId } = await aws.ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
      const SubnetId = await subnetId(aws, `${NAME}-public-a`);
      const TagSpecifications = [{ ResourceType: "natgateway" as const, Tags }];
      return aws.ec2.send(new CreateNatGatewayCommand({ AllocationId, SubnetId, TagSpecifications }));
    },
  };

describe("two of a kind (trap 1 of VPCs: nothing in them has a name)", () => {
  it.each(Object.entries(SECONDS))("of %s are seen and become one again, the one in use", async (task, make) => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const aws = clientsOf(sandbox);
    const before = await everything(sandbox);
    await make(aws, toTagList({ Name: "second", ...ownershipTags("retail", task) }));
    const planned = await planOn(sandbox, { stack });
    expect(planned.tasks.find(({ id }) => id === task)).toMatchObject({ verdict: "update" });
    const repaired = await createOn(sandbox, { stack });
    expect(unfinished(repaired)).toEqual([]);
    const { addresses: _, ...rest } = (await everything(sandbox)).vpcs as { addresses: unknown };
    expect(rest).toEqual(withoutAddresses(before.vpcs));
    expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack }))))).toEqual(new Set(["unchanged"]));
  });

  it("are both removed by a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everything(sandbox);
    await createOn(sandbox, { stack });
    const aws = clientsOf(sandbox);
    for (const [task, make] of Object.entries(SECONDS).filter(([task]) => task !== "nat-gateway-a")) {
      await make(aws, toTagList({ Name: "second", ...ownershipTags("retail", task) }));
    }
    expect(unfinished(await destroyOn(sandbox, { stack }))).toEqual([]);
    expect(await everything(sandbox)).toEqual(before);
  });
});

function withoutAddresses(vpcs: unknown): unknown {
  const { addresses: _, ...rest } = vpcs as { addresses: unknown };
  return rest;
}

describe("a NAT gateway", () => {
  it("that failed late is deleted and made again by the next run (trap 12)", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, needsOf: "nat-gateway-a" });
    const aws = clientsOf(sandbox);
    const [gateway, vpc] = [await gatewayId(aws), await vpcId(aws)];
    await aws.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc }));
    const SubnetId = await subnetId(aws, `${NAME}-public-a`);
    const { Addresses } = await aws.ec2.send(new DescribeAddressesCommand({ Filters: named(`${NAME}-nat-a`) }));
    const Tags = toTagList({ Name: `${NAME}-nat-a`, ...ownershipTags("retail", "nat-gateway-a") });
    const TagSpecifications = [{ ResourceType: "natgateway" as const, Tags }];
    const AllocationId = Addresses?.[0]?.AllocationId;
    await aws.ec2.send(new CreateNatGatewayCommand({ AllocationId, SubnetId, TagSpecifications }));
    await expect
      .poll(async () => (await aws.ec2.send(new DescribeNatGatewaysCommand({}))).NatGateways)
      .toMatchObject([
        { State: "failed", FailureMessage: expect.stringContaining("has no Internet gateway attached") },
      ]);
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc }));
    expect(verdicts(await planOn(sandbox, { stack }))["nat-gateway-a"]).toBe("create");
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
    expect(verdicts(await planOn(sandbox, { stack }))["nat-gateway-a"]).toBe("unchanged");
  });

  it("is gone before its address is given back, and that before the gateway of the VPC", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    const before = await everything(sandbox);
    await createOn(sandbox, { stack });
    expect(unfinished(await destroyOn(sandbox, { stack }))).toEqual([]);
    expect(await everything(sandbox)).toEqual(before);
  });
});

describe("a subnet", () => {
  it("that follows another table is moved to its own", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const before = await everything(sandbox);
    const aws = clientsOf(sandbox);
    const own = await table(aws, `${NAME}-private-a`);
    const other = await publicTable(aws);
    const AssociationId = own?.Associations?.[0]?.RouteTableAssociationId;
    await aws.ec2.send(new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: other?.RouteTableId }));
    expect(verdicts(await planOn(sandbox, { stack }))["private-routes-a"]).toBe("update");
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
    expect(await everything(sandbox)).toEqual(before);
  });

  it("whose addresses somebody else's has is refused with what is in the way", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "vpc" });
    const { ec2 } = clientsOf(sandbox);
    const VpcId = await vpcId(clientsOf(sandbox));
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.0.128/25" }));
    const { tasks } = await createOn(sandbox, { stack, only: "public-subnet-a" });
    expect(tasks.find(({ id }) => id === "public-subnet-a")).toMatchObject({
      verdict: "failed",
      error: { why: expect.stringContaining(`${Subnet?.SubnetId} (10.0.0.128/25)`) },
    });
  });
});

describe("a destroy", () => {
  it("says what somebody else has put into the VPC, and leaves that", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "vpc" });
    const aws = clientsOf(sandbox);
    const group = { GroupName: "mine", Description: "mine", VpcId: await vpcId(aws) };
    const { GroupId } = await aws.ec2.send(new CreateSecurityGroupCommand(group));
    const { tasks, events } = await destroyOn(sandbox, { stack, only: "vpc", longest: 3_000 }).catch((error) => ({
      tasks: [],
      events: [`${error}`],
    }));
    expect(JSON.stringify([tasks, events])).toContain(`security group mine (${GroupId})`);
  });
});
