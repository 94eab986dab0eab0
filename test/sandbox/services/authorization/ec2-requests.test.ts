import {
  AssociateRouteTableCommand,
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { ACCOUNT, judged, REGION } from "./judged.ts";

/** What a call of EC2 is judged by, without what is the same in all of them. */
function about(operation: string, input: object, of?: Parameters<typeof judged>[4]): string[] {
  const { asked } = judged("ec2", operation, input, [], of);
  return asked.map((one) => one.replace(`ec2:${operation} on `, "").replace(`arn:aws:ec2:${REGION}:${ACCOUNT}:`, ""));
}

describe("a call of EC2 is judged by", () => {
  it.each<[string, object, string[]]>([
    ["DescribeVpcs", { VpcIds: ["vpc-0a"] }, ["*"]],
    ["DescribeVpcAttribute", { VpcId: "vpc-0a" }, ["vpc/vpc-0a"]],
    ["TerminateInstances", { InstanceIds: ["i-0a", "i-0b"] }, ["instance/i-0a", "instance/i-0b"]],
    ["CreateVpc", { CidrBlock: "10.0.0.0/16" }, ["vpc/*"]],
    ["CreateSubnet", { VpcId: "vpc-0a" }, ["subnet/*", "vpc/vpc-0a"]],
    [
      "AttachInternetGateway",
      { InternetGatewayId: "igw-0a", VpcId: "vpc-0a" },
      ["internet-gateway/igw-0a", "vpc/vpc-0a"],
    ],
    ["CreateRoute", { RouteTableId: "rtb-0a", GatewayId: "igw-0a" }, ["route-table/rtb-0a"]],
    [
      "CreateNatGateway",
      { SubnetId: "subnet-0a", AllocationId: "eipalloc-0a" },
      ["natgateway/*", "subnet/subnet-0a", "elastic-ip/eipalloc-0a"],
    ],
    // Not by the group that a rule lets in.
    [
      "RevokeSecurityGroupIngress",
      { GroupId: "sg-0a", IpPermissions: [{ UserIdGroupPairs: [{ GroupId: "sg-0b" }] }] },
      ["security-group/sg-0a"],
    ],
    ["CreateTags", { Resources: ["nat-0a", "sgr-0b"] }, ["natgateway/nat-0a", "security-group-rule/sgr-0b"]],
    ["ReleaseAddress", {}, ["*"]],
    [
      "RunInstances",
      { ImageId: "ami-0a", NetworkInterfaces: [{ SubnetId: "subnet-0a", Groups: ["sg-0a"] }] },
      [
        ...["instance/*", "volume/*", "network-interface/*"],
        ...[`arn:aws:ec2:${REGION}::image/ami-0a`, "subnet/subnet-0a", "security-group/sg-0a"],
      ],
    ],
    ["RunInstances", { ImageId: "ami-0a" }, expect.arrayContaining(["subnet/*", "security-group/*"])],
  ])("what it is about: %s of %j", (operation, input, expected) => {
    expect(about(operation, input)).toEqual(expected);
  });

  it("what is behind an association or a name, and by what a launch template says", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const ec2 = new EC2Client(clientConfig(sandbox));
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
    const VpcId = Vpc?.VpcId;
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.1.0.0/24" }));
    const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
    const { RouteTableId } = RouteTable ?? {};
    const { SubnetId } = Subnet ?? {};
    const { AssociationId } = await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    await ec2.send(new CreateKeyPairCommand({ KeyName: "ana" }));
    const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0", KeyName: "ana" };
    const { LaunchTemplate } = await ec2.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData }),
    );
    ec2.destroy();

    expect(about("DisassociateRouteTable", { AssociationId }, sandbox.world)).toEqual([
      `route-table/${RouteTableId}`,
      `subnet/${SubnetId}`,
    ]);
    expect(about("DeleteLaunchTemplate", { LaunchTemplateName: "web" }, sandbox.world)).toEqual([
      `launch-template/${LaunchTemplate?.LaunchTemplateId}`,
    ]);
    const launch = about("RunInstances", { LaunchTemplate: { LaunchTemplateName: "web" } }, sandbox.world);
    expect(launch).toEqual(
      expect.arrayContaining(["key-pair/ana", `launch-template/${LaunchTemplate?.LaunchTemplateId}`]),
    );
  });

  it("the tags of each thing that it makes, and the right to give them", () => {
    const team = { Key: "team", Value: "bia" };
    const TagSpecifications = [{ ResourceType: "instance", Tags: [team] }, { ResourceType: "volume" }];
    const keys = ["aws:RequestTag/team", "aws:TagKeys", "ec2:CreateAction", "ec2:ResourceTag/team", "ec2:Region"];
    const { asked, values } = judged("ec2", "RunInstances", { ImageId: "ami-0a", TagSpecifications }, keys);
    const of = (what: string) => values[asked.indexOf(`${what.replace(" ", ` on arn:aws:ec2:${REGION}:${ACCOUNT}:`)}`)];
    const tagged = { "aws:RequestTag/team": ["bia"], "aws:TagKeys": ["team"], "ec2:Region": [REGION] };
    expect(of("ec2:RunInstances instance/*")).toEqual(tagged);
    expect(of("ec2:RunInstances volume/*")).toEqual({ "ec2:Region": [REGION] });
    expect(of("ec2:CreateTags instance/*")).toEqual({ ...tagged, "ec2:CreateAction": ["RunInstances"] });
    expect(of("ec2:CreateTags volume/*")).toBeUndefined();
  });
});
