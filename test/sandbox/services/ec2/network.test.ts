import {
  CreateRouteCommand,
  DeleteRouteCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  paginateDescribeInstanceTypes,
} from "@aws-sdk/client-ec2";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { defaultVpc } from "./fixtures.ts";

test("a new account has a default VPC with a subnet in each zone", async () => {
  const { ec2 } = await clientsOf();
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  expect(Vpcs).toMatchObject([{ CidrBlock: "172.31.0.0/16", IsDefault: true, State: "available" }]);
  const { Subnets } = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: "default-for-az", Values: ["true"] }] }),
  );
  expect(Subnets?.map(({ AvailabilityZone, CidrBlock }) => [AvailabilityZone, CidrBlock])).toEqual([
    ["us-east-1a", "172.31.0.0/20"],
    ["us-east-1b", "172.31.16.0/20"],
    ["us-east-1c", "172.31.32.0/20"],
    ["us-east-1d", "172.31.48.0/20"],
    ["us-east-1e", "172.31.64.0/20"],
    ["us-east-1f", "172.31.80.0/20"],
  ]);
  expect(Subnets?.[0]).toMatchObject({ MapPublicIpOnLaunch: true, AvailableIpAddressCount: 4091 });
});

test("the default group lets its members in and everybody out", async () => {
  const { ec2 } = await clientsOf();
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const GroupId = SecurityGroups?.[0]?.GroupId;
  expect(SecurityGroups).toMatchObject([
    {
      GroupName: "default",
      IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId }] }],
      IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    },
  ]);
});

test("an account without a default VPC answers with an empty list, not with an error", async () => {
  const { ec2 } = await clientsOf({ defaultVpc: false });
  const Filters = [{ Name: "isDefault", Values: ["true"] }];
  expect((await ec2.send(new DescribeVpcsCommand({ Filters }))).Vpcs ?? []).toEqual([]);
});

test("every region has a default VPC of its own", async () => {
  const options = { delays: "none" as const };
  const here = await clientsOf(options);
  const there = await clientsOf(options, "sa-east-1");
  const { Subnets } = await there.ec2.send(new DescribeSubnetsCommand({}));
  expect(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(["sa-east-1a", "sa-east-1b", "sa-east-1c"]);
  expect(await defaultVpc(there.ec2)).not.toBe(await defaultVpc(here.ec2));
});

test("a region that does not exist is refused", async () => {
  const { ec2 } = await clientsOf({}, "us-east-9");
  expect(await refusal(ec2.send(new DescribeVpcsCommand({})))).toMatch(/^InvalidRegion: There is no region us-east-9/);
});

test("a region that the account has not enabled knows nobody's keys, and is listed on request only", async () => {
  const there = await clientsOf({}, "af-south-1");
  expect(await refusal(there.ec2.send(new DescribeVpcsCommand({})))).toMatch(/^AuthFailure: /);
  const { ec2 } = await clientsOf();
  const { Regions = [] } = await ec2.send(new DescribeRegionsCommand({}));
  expect(Regions.map(({ RegionName }) => RegionName)).not.toContain("af-south-1");
  const all = (await ec2.send(new DescribeRegionsCommand({ AllRegions: true }))).Regions;
  expect(all).toContainEqual(expect.objectContaining({ RegionName: "af-south-1", OptInStatus: "not-opted-in" }));
});

test("a region of another partition of AWS knows nobody's keys, not even in IAM", async () => {
  const { ec2, iam } = await clientsOf({}, "cn-north-1");
  expect(await refusal(ec2.send(new DescribeVpcsCommand({})))).toMatch(/^AuthFailure: /);
  expect(await refusal(iam.send(new GetRoleCommand({ RoleName: "x" })))).toMatch(/^InvalidClientTokenId: /);
});

test("an unknown filter is refused by name", async () => {
  const { ec2 } = await clientsOf();
  const Filters = [{ Name: "is-defualt", Values: ["true"] }];
  expect(await refusal(ec2.send(new DescribeVpcsCommand({ Filters })))).toBe(
    "InvalidParameterValue: The filter 'is-defualt' is invalid",
  );
});

test("a filter without values is refused", async () => {
  const { ec2 } = await clientsOf();
  expect(await refusal(ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "vpc-id" }] })))).toMatch(
    /^MissingParameter: /,
  );
});

test("* and ? in a filter's value stand for other text", async () => {
  const { ec2 } = await clientsOf();
  const found = async (pattern: string) => {
    const Filters = [{ Name: "cidr-block", Values: [pattern] }];
    return (await ec2.send(new DescribeSubnetsCommand({ Filters }))).Subnets?.length ?? 0;
  };
  expect(await found("172.31.?.0/20")).toBe(1);
  expect(await found("172.31.*")).toBe(6);
  expect(await found("172x31.*")).toBe(0);
});

test("ids that are unknown and ids that are none are told apart", async () => {
  const { ec2 } = await clientsOf();
  const ask = (id: string) => refusal(ec2.send(new DescribeVpcsCommand({ VpcIds: [id] })));
  expect(await ask("vpc-0123456789abcdef0")).toBe(
    "InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist",
  );
  expect(await ask("my-vpc")).toMatch(/^InvalidVpcId.Malformed: /);
});

test("listings come in small pages, so that those who forget to turn them notice", async () => {
  const { ec2 } = await clientsOf({ pageSize: 4 });
  const first = await ec2.send(new DescribeSubnetsCommand({}));
  expect(first.Subnets).toHaveLength(4);
  const second = await ec2.send(new DescribeSubnetsCommand({ NextToken: first.NextToken }));
  expect(second.Subnets).toHaveLength(2);
  expect(second.NextToken).toBeUndefined();
});

test("a paginator sees everything once", async () => {
  const { ec2 } = await clientsOf({ pageSize: 7 });
  const names: (string | undefined)[] = [];
  for await (const page of paginateDescribeInstanceTypes({ client: ec2 }, {})) {
    names.push(...(page.InstanceTypes ?? []).map(({ InstanceType }) => InstanceType));
  }
  expect(names.length).toBeGreaterThan(30);
  expect(new Set(names).size).toBe(names.length);
});

test("a token that is none, and pages that are too small, are refused", async () => {
  const { ec2 } = await clientsOf();
  expect(await refusal(ec2.send(new DescribeSubnetsCommand({ NextToken: "x" })))).toMatch(/^InvalidNextToken: /);
  expect(await refusal(ec2.send(new DescribeSubnetsCommand({ MaxResults: 2 })))).toMatch(
    /^InvalidParameterValue: Value \( 2 \) for parameter maxResults is invalid/,
  );
});

test("a dry run of a permitted call is refused as one", async () => {
  const { ec2 } = await clientsOf();
  const call = ec2.send(new DescribeVpcsCommand({ DryRun: true }));
  await expect(call).rejects.toMatchObject({ name: "DryRunOperation", $metadata: { httpStatusCode: 412 } });
});

test("a parameter that is not emulated is refused by name", async () => {
  const { ec2 } = await clientsOf();
  expect(
    await refusal(
      ec2
        .send(new DescribeRegionsCommand({ RegionNames: ["us-east-1"] }))
        .then(() => ec2.send(new DescribeNetworkInterfacesCommand({ IncludeManagedResources: true }))),
    ),
  ).toMatch(/^SandboxNotEmulated: .*IncludeManagedResources/);
});

test("zones are known by name", async () => {
  const { ec2 } = await clientsOf();
  const { AvailabilityZones } = await ec2.send(new DescribeAvailabilityZonesCommand({ ZoneNames: ["us-east-1b"] }));
  expect(AvailabilityZones).toMatchObject([{ ZoneName: "us-east-1b", ZoneId: "use1-az2", State: "available" }]);
  expect(await refusal(ec2.send(new DescribeAvailabilityZonesCommand({ ZoneNames: ["us-east-1z"] })))).toMatch(
    /^InvalidParameterValue: /,
  );
});

test("us-east-1e has no t3", async () => {
  const { ec2 } = await clientsOf();
  const { InstanceTypeOfferings } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: "availability-zone",
      Filters: [{ Name: "instance-type", Values: ["t3.micro"] }],
    }),
  );
  expect(InstanceTypeOfferings?.map(({ Location }) => Location)).toEqual([
    "us-east-1a",
    "us-east-1b",
    "us-east-1c",
    "us-east-1d",
    "us-east-1f",
  ]);
});

test("instance types have processors and memory; unknown ones are refused", async () => {
  const { ec2 } = await clientsOf();
  const { InstanceTypes } = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["t3.micro"] }));
  expect(InstanceTypes).toMatchObject([
    {
      VCpuInfo: { DefaultVCpus: 2 },
      MemoryInfo: { SizeInMiB: 1024 },
      FreeTierEligible: true,
      EbsInfo: { EbsOptimizedSupport: "default", NvmeSupport: "required" },
      NetworkInfo: { EnaSupport: "required", MaximumNetworkInterfaces: 2, NetworkCards: [{ NetworkCardIndex: 0 }] },
      PlacementGroupInfo: { SupportedStrategies: ["partition", "spread"] },
      InstanceStorageSupported: false,
      AutoRecoverySupported: true,
    },
  ]);
  const cores = async (name: "t2.medium" | "t3.medium" | "t4g.medium") => {
    const found = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [name] }));
    return [found.InstanceTypes?.[0]?.VCpuInfo?.DefaultCores, found.InstanceTypes?.[0]?.DedicatedHostsSupported];
  };
  expect(await cores("t2.medium")).toEqual([2, false]);
  expect(await cores("t3.medium")).toEqual([1, true]);
  expect(await cores("t4g.medium")).toEqual([2, false]);
  const unknown = new DescribeInstanceTypesCommand({ InstanceTypes: ["t9.micro" as "t3.micro"] });
  expect(await refusal(ec2.send(unknown))).toMatch(/^InvalidInstanceType: .*t9\.micro/);
});

test("the image for ECS has a larger snapshot than plain Amazon Linux, and a wildcard finds both", async () => {
  const { ec2 } = await clientsOf();
  const { Images } = await ec2.send(
    new DescribeImagesCommand({
      Owners: ["amazon"],
      Filters: [
        { Name: "name", Values: ["al2023-ami-*"] },
        { Name: "architecture", Values: ["x86_64"] },
      ],
    }),
  );
  const sizes = Images?.map(({ RootDeviceName, BlockDeviceMappings }) => [
    RootDeviceName,
    BlockDeviceMappings?.[0]?.Ebs?.VolumeSize,
  ]);
  expect(sizes).toEqual([
    ["/dev/xvda", 8],
    ["/dev/xvda", 30],
  ]);
});

test("an image that is not there is refused", async () => {
  const { ec2 } = await clientsOf();
  const ask = (id: string) => refusal(ec2.send(new DescribeImagesCommand({ ImageIds: [id] })));
  expect(await ask("ami-02f3f602d23f1659d")).toBe(
    "InvalidAMIID.NotFound: The image id '[ami-02f3f602d23f1659d]' does not exist",
  );
  expect(await ask("ubuntu")).toMatch(/^InvalidAMIID.Malformed: /);
});

test("the default VPC's subnets follow one route table, which leads to its internet gateway", async () => {
  const { ec2 } = await clientsOf();
  const vpcId = await defaultVpc(ec2);
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({}));
  const GatewayId = InternetGateways[0]?.InternetGatewayId ?? "";
  expect(InternetGateways).toMatchObject([{ Attachments: [{ VpcId: vpcId, State: "available" }] }]);
  const Associations = [{ Main: true }];
  const routes = [{ GatewayId: "local" }, { DestinationCidrBlock: "0.0.0.0/0", GatewayId, State: "active" }];
  expect(RouteTables).toMatchObject([{ VpcId: vpcId, Associations, Routes: routes }]);
  const route = { RouteTableId: RouteTables[0]?.RouteTableId, DestinationCidrBlock: "0.0.0.0/0" };
  expect(await refusal(ec2.send(new CreateRouteCommand({ ...route, GatewayId })))).toMatch(/^RouteAlreadyExists: /);
  await ec2.send(new DeleteRouteCommand(route));
  expect(await refusal(ec2.send(new DeleteRouteCommand(route)))).toMatch(/^InvalidRoute\.NotFound: /);
  await ec2.send(new CreateRouteCommand({ ...route, GatewayId }));
});
