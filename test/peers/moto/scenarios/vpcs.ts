import {
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  DeleteTagsCommand,
  DeleteVpcCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  type EC2Client,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import type { Call, Scenario } from "../transcript.ts";

const Tags = [{ Key: "Name", Value: "shop" }];

/** A VPC, its attributes, subnets and tags. */
export const vpcs: Scenario = {
  title: "VPCs and subnets",
  async run({ ec2 }, call) {
    const TagSpecifications = [{ ResourceType: "vpc" as const, Tags }];
    const made = new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", TagSpecifications });
    const { Vpc: { VpcId = "" } = {} } = await call("CreateVpc", ec2.send(made));
    await call("CreateVpc, too large", ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/8" })));
    await call("DescribeVpcs", ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] })));
    const byTag = { Filters: [{ Name: "tag:Name", Values: ["shop"] }] };
    await call("DescribeVpcs, by tag", ec2.send(new DescribeVpcsCommand(byTag)));
    await call("DescribeVpcs, unknown", ec2.send(new DescribeVpcsCommand({ VpcIds: ["vpc-0123456789abcdef0"] })));
    await attributesOf(ec2, call, VpcId);
    await subnetsOf(ec2, call, VpcId);
    await tagsOf(ec2, call, VpcId);
    await call("DeleteVpc", ec2.send(new DeleteVpcCommand({ VpcId })));
    await call("DeleteVpc, again", ec2.send(new DeleteVpcCommand({ VpcId })));
  },
  differences: [
    { at: /^CreateVpc\.Vpc\.State/, why: "moto makes everything at once" },
    { at: /\.DhcpOptionsId$/, why: "moto: `default`; AWS: the id of the region's own set" },
    { at: /\.AvailabilityZoneId$/, why: "which zone a letter stands for is an account's own" },
    { at: /\.(MapCustomerOwnedIpOnLaunch|EnableDns64)$/, why: "moto leaves it out (ec2:Subnet)" },
  ],
};

async function attributesOf(ec2: EC2Client, call: Call, VpcId: string): Promise<void> {
  for (const Attribute of ["enableDnsSupport", "enableDnsHostnames"] as const)
    await call(`DescribeVpcAttribute, ${Attribute}`, ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute })));
  const EnableDnsHostnames = { Value: true };
  await call("ModifyVpcAttribute", ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames })));
  const modified = new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" });
  await call("DescribeVpcAttribute, modified", ec2.send(modified));
}

async function subnetsOf(ec2: EC2Client, call: Call, VpcId: string): Promise<void> {
  const TagSpecifications = [{ ResourceType: "subnet" as const, Tags }];
  const subnet = async (name: string, CidrBlock: string, AvailabilityZone: string) => {
    const made = new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone, TagSpecifications });
    return (await call(name, ec2.send(made))).Subnet?.SubnetId ?? "";
  };
  const open = await subnet("CreateSubnet", "10.0.0.0/24", "us-east-1a");
  const closed = await subnet("CreateSubnet, another", "10.0.1.0/24", "us-east-1b");
  await subnet("CreateSubnet, overlapping", "10.0.0.128/25", "us-east-1a");
  await subnet("CreateSubnet, outside", "10.1.0.0/24", "us-east-1a");
  await subnet("CreateSubnet, unknown zone", "10.0.9.0/24", "us-east-1z");
  const mapped = { SubnetId: open, MapPublicIpOnLaunch: { Value: true } };
  await call("ModifySubnetAttribute", ec2.send(new ModifySubnetAttributeCommand(mapped)));
  await call("DescribeSubnets", ec2.send(new DescribeSubnetsCommand({ SubnetIds: [open, closed] })));
  const unknown = new DescribeSubnetsCommand({ SubnetIds: ["subnet-0123456789abcdef0"] });
  await call("DescribeSubnets, unknown", ec2.send(unknown));
  await call("DeleteVpc, with subnets", ec2.send(new DeleteVpcCommand({ VpcId })));
  for (const SubnetId of [open, closed])
    await call(
      `DeleteSubnet, ${SubnetId === open ? "one" : "the other"}`,
      ec2.send(new DeleteSubnetCommand({ SubnetId })),
    );
  await call("DeleteSubnet, again", ec2.send(new DeleteSubnetCommand({ SubnetId: open })));
}

async function tagsOf(ec2: EC2Client, call: Call, VpcId: string): Promise<void> {
  const Filters = [{ Name: "resource-id", Values: [VpcId] }];
  const owner = { Key: "owner", Value: "me" };
  await call("CreateTags", ec2.send(new CreateTagsCommand({ Resources: [VpcId], Tags: [owner] })));
  await call("DescribeTags", ec2.send(new DescribeTagsCommand({ Filters })));
  await call(
    "DeleteTags, of another value",
    ec2.send(new DeleteTagsCommand({ Resources: [VpcId], Tags: [{ ...owner, Value: "you" }] })),
  );
  await call("DescribeTags, still there", ec2.send(new DescribeTagsCommand({ Filters })));
  await call("DeleteTags", ec2.send(new DeleteTagsCommand({ Resources: [VpcId], Tags: [{ Key: "owner" }] })));
  await call("DescribeTags, deleted", ec2.send(new DescribeTagsCommand({ Filters })));
}
