import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateInstanceProfileCommand, DeleteInstanceProfileCommand } from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { AL2023, createProfile, ECS_AMI, instanceOf, launch, subnetIn } from "./fixtures.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("a launched instance is pending, then running with a public address", async () => {
  const { ec2, world } = await clientsOf({ delays: "real" });
  const id = await launch(ec2, { SubnetId: await subnetIn(ec2, "us-east-1a") });
  expect(id).toMatch(/^i-0[0-9a-f]{16}$/);
  await world.clock.advance(3000);
  expect(await instanceOf(ec2, id)).toMatchObject({
    State: { Name: "pending", Code: 0 },
    PrivateIpAddress: "172.31.0.4",
    PrivateDnsName: "ip-172-31-0-4.ec2.internal",
  });
  await world.clock.advance(30_000);
  const running = await instanceOf(ec2, id);
  expect(running.State).toEqual({ Name: "running", Code: 16 });
  expect(running.PublicIpAddress).toMatch(/^127\./);
});

test("a new instance is not known for a moment", async () => {
  const { ec2, world } = await clientsOf({ delays: "real" });
  const id = await launch(ec2);
  expect(await refusal(instanceOf(ec2, id))).toBe(`InvalidInstanceID.NotFound: The instance ID '${id}' does not exist`);
  expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? []).toEqual([]);
  const tag = new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "k", Value: "v" }] });
  expect(await refusal(ec2.send(tag))).toMatch(/^InvalidInstanceID.NotFound: /);
  await world.clock.advance(2000);
  expect(await instanceOf(ec2, id)).toMatchObject({ InstanceId: id });
});

test("the image asks for version 2 of the metadata service, with two hops", async () => {
  const { ec2 } = await clientsOf();
  const id = await launch(ec2);
  const options = { HttpTokens: "required", HttpPutResponseHopLimit: 2 };
  expect(await instanceOf(ec2, id)).toMatchObject({ MetadataOptions: options });
});

test("an instance boots as its image prefers and its type can", async () => {
  const { ec2 } = await clientsOf();
  expect(await instanceOf(ec2, await launch(ec2))).toMatchObject({
    BootMode: "uefi-preferred",
    CurrentInstanceBootMode: "uefi",
  });
  const old = await launch(ec2, { InstanceType: "t2.micro" });
  expect(await instanceOf(ec2, old)).toMatchObject({ CurrentInstanceBootMode: "legacy-bios" });
});

test("tags are on the instance, its volume and its network interface from the beginning", async () => {
  const { ec2, world } = await clientsOf();
  const Tags = [{ Key: "Name", Value: "bia-dev" }];
  const types = ["instance", "volume", "network-interface"] as const;
  const id = await launch(ec2, { TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags })) });
  expect(await instanceOf(ec2, id)).toMatchObject({ Tags });
  expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes).toMatchObject([{ Tags }]);
  expect(world.region("us-east-1").ec2.networkInterfaces.all()).toMatchObject([{ TagSet: Tags }]);
});

test("the root volume is the image's own device, at the wanted size and type", async () => {
  const { ec2 } = await clientsOf();
  const Ebs = { VolumeSize: 15, VolumeType: "gp2" as const };
  const id = await launch(ec2, { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs }] });
  const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
  expect((await ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes).toMatchObject([
    { Size: 15, VolumeType: "gp2", Iops: 100, Attachments: [{ Device: "/dev/xvda", DeleteOnTermination: true }] },
  ]);
});

test("a mapping for another device adds a second volume, as the course's script does by mistake", async () => {
  const { ec2 } = await clientsOf();
  await launch(ec2, { ImageId: ECS_AMI, BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8 } }] });
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({}));
  expect(Volumes?.map(({ Size }) => Size).sort()).toEqual([30, 8]);
});

describe("refused is a launch", () => {
  const unknownGroup = "sg-0123456789abcdef0";
  test.each<[string, Partial<RunInstancesCommandInput>, string]>([
    ["of an image that is not there", { ImageId: "ami-02f3f602d23f1659d" }, "InvalidAMIID.NotFound: The image id"],
    [
      "of a type that is none",
      { InstanceType: "t9.micro" as "t3.micro" },
      "InvalidParameterValue: Invalid value 't9.micro' for InstanceType.",
    ],
    [
      "of a type of another architecture",
      { InstanceType: "t4g.micro" },
      "InvalidParameterValue: The architecture 'arm64' of the specified instance type does not match",
    ],
    [
      "into a subnet that is not there",
      { SubnetId: "subnet-0123456789abcdef0" },
      "InvalidSubnetID.NotFound: The subnet ID",
    ],
    [
      "with a group that is not there",
      { SecurityGroupIds: [unknownGroup] },
      `InvalidGroup.NotFound: The security group '${unknownGroup}' does not exist`,
    ],
    [
      "into a zone without the type",
      { Placement: { AvailabilityZone: "us-east-1e" } },
      "Unsupported: Your requested instance type (t3.micro) is not supported in your requested Availability Zone (us-east-1e).",
    ],
    [
      "with a volume smaller than the snapshot",
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 4 } }] },
      "InvalidBlockDeviceMapping: Volume of size 4GB is smaller than snapshot 'snap-",
    ],
    [
      "with IOPS for gp2",
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeType: "gp2", Iops: 3000 } }] },
      "InvalidParameterCombination: The parameter iops is not supported for gp2 volumes.",
    ],
    [
      "with a volume type that is none",
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeType: "gp9" as "gp3" } }] },
      "InvalidParameterValue: Invalid value 'gp9' for volumeType.",
    ],
    [
      "with user data in plain text",
      { UserData: "#!/bin/bash\necho hello" },
      "InvalidParameterValue: Invalid BASE64 encoding of user data.",
    ],
    [
      "with user data over 16 KiB",
      { UserData: base64("#".repeat(16 * 1024 + 1)) },
      "InvalidParameterValue: User data is limited to 16384 bytes",
    ],
    [
      "with more hops than 64",
      { MetadataOptions: { HttpPutResponseHopLimit: 65 } },
      "InvalidParameterValue: Value (65) for parameter HttpPutResponseHopLimit",
    ],
    [
      "with a tag of AWS's own",
      { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "aws:x", Value: "y" }] }] },
      "InvalidParameterValue: Value ( aws:x ) for parameter key is invalid.",
    ],
    [
      "with tags for what it does not make",
      { TagSpecifications: [{ ResourceType: "vpc", Tags: [] }] },
      "InvalidParameterValue: 'vpc' is not a valid taggable resource type for this operation.",
    ],
    [
      "with a profile that is not there",
      { IamInstanceProfile: { Name: "ghost" } },
      "InvalidParameterValue: Value (ghost) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    ],
    [
      "with the name and the ARN of a profile",
      { IamInstanceProfile: { Name: "a", Arn: "b" } },
      "InvalidParameterCombination: The parameter 'iamInstanceProfile.name' may not be used in combination",
    ],
    [
      "with a subnet beside a network interface",
      { SubnetId: "subnet-1", NetworkInterfaces: [{ DeviceIndex: 0 }] },
      "InvalidParameterCombination: Network interfaces and an instance-level subnet ID may not be specified on the same request",
    ],
    [
      "with a key pair that is not there",
      { KeyName: "key" },
      "InvalidKeyPair.NotFound: The key pair 'key' does not exist",
    ],
    [
      "with a block device option that is not emulated",
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvdb", VirtualName: "ephemeral0" }] },
      "SandboxNotEmulated: The sandbox does not emulate the parameter BlockDeviceMappings.VirtualName.",
    ],
    ["of none", { MinCount: 0, MaxCount: 0 }, "InvalidParameterValue: "],
  ])("%s", async (_what, input, expected) => {
    const { ec2 } = await clientsOf();
    expect((await refusal(launch(ec2, input))).startsWith(expected)).toBe(true);
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? []).toEqual([]);
  });

  test("with 8 GiB for the 30 GiB of the image for ECS", async () => {
    const { ec2 } = await clientsOf();
    const mapping = { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 8 } };
    expect(await refusal(launch(ec2, { ImageId: ECS_AMI, BlockDeviceMappings: [mapping] }))).toMatch(
      /^InvalidBlockDeviceMapping: Volume of size 8GB is smaller than snapshot 'snap-[0-9a-f]+', expect size >= 30GB$/,
    );
  });

  test("without a subnet where there is no default VPC", async () => {
    const { ec2 } = await clientsOf({ defaultVpc: false });
    expect(await refusal(launch(ec2))).toMatch(/^VPCIdNotSpecified: /);
  });
});

describe("an instance profile", () => {
  const refused =
    "InvalidParameterValue: Value (dev) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name";

  test("is not known to EC2 for a while, although IAM shows it", async () => {
    const { ec2, iam, world } = await clientsOf({ delays: "real" });
    await createProfile(iam, "dev");
    expect(await refusal(launch(ec2, { IamInstanceProfile: { Name: "dev" } }))).toBe(refused);
    await world.clock.advance(10_000);
    expect(await refusal(launch(ec2, { IamInstanceProfile: { Name: "dev" } }))).toMatch(
      /^InvalidParameterValue: IAM Instance Profile ".*:instance-profile\/dev" has no associated IAM Roles$/,
    );
    await world.clock.advance(4_000);
    const id = await launch(ec2, { IamInstanceProfile: { Name: "dev" } });
    await world.clock.advance(5000);
    expect((await instanceOf(ec2, id)).IamInstanceProfile?.Arn).toBe(
      `arn:aws:iam::${world.account}:instance-profile/dev`,
    );
  });

  test("without a role is refused", async () => {
    const { ec2, iam } = await clientsOf();
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "dev" }));
    expect(await refusal(launch(ec2, { IamInstanceProfile: { Name: "dev" } }))).toMatch(
      /^InvalidParameterValue: IAM Instance Profile ".*:instance-profile\/dev" has no associated IAM Roles$/,
    );
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: "dev" }));
    expect(await refusal(launch(ec2, { IamInstanceProfile: { Name: "dev" } }))).toBe(refused);
  });
});

describe("the quota of vCPUs", () => {
  const full =
    "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.";

  test("of a new account lets two small machines run, and a stopped one does not count until it starts", async () => {
    const { ec2, world } = await clientsOf({ quotas: { vcpus: 5 } });
    const first = await launch(ec2);
    await launch(ec2);
    expect(await refusal(launch(ec2))).toBe(full);
    await world.clock.advance(0);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [first] }));
    expect(await refusal(launch(ec2))).toBe(full);
    await world.clock.advance(0);
    await expect.poll(async () => (await instanceOf(ec2, first)).State?.Name).toBe("stopped");
    await launch(ec2);
    expect(await refusal(ec2.send(new StartInstancesCommand({ InstanceIds: [first] })))).toBe(full);
  });

  test("lets as many be launched as there is room for, if that is enough", async () => {
    const { ec2 } = await clientsOf({ quotas: { vcpus: 5 } });
    await launch(ec2, { MinCount: 1, MaxCount: 50 });
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    expect(Reservations?.flatMap(({ Instances }) => Instances)).toHaveLength(2);
  });
});

describe("a client token", () => {
  test("answers a repeated launch with the first one's instance", async () => {
    const { ec2 } = await clientsOf();
    const first = await launch(ec2, { ClientToken: "bia-1" });
    expect(await launch(ec2, { ClientToken: "bia-1" })).toBe(first);
    expect(await launch(ec2, { ClientToken: "bia-2" })).not.toBe(first);
  });

  test("with other parameters is refused", async () => {
    const { ec2 } = await clientsOf();
    await launch(ec2, { ClientToken: "bia-1" });
    expect(await refusal(launch(ec2, { ClientToken: "bia-1", InstanceType: "t3.small" }))).toMatch(
      /^IdempotentParameterMismatch: /,
    );
  });

  test("of an instance that is terminated is used up for a day, with whatever parameters", async () => {
    const { ec2, world } = await clientsOf();
    const id = await launch(ec2, { ClientToken: "bia-1" });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await world.clock.advance(0);
    const usedUp =
      "IdempotentInstanceTerminated: The client token you have provided is associated with a terminated instance. Please use a different client token.";
    expect(await refusal(launch(ec2, { ClientToken: "bia-1" }))).toBe(usedUp);
    expect(await refusal(launch(ec2, { ClientToken: "bia-1", InstanceType: "t3.small" }))).toBe(usedUp);
    await world.clock.advance(23 * 3600 * 1000);
    expect(await refusal(launch(ec2, { ClientToken: "bia-1" }))).toBe(usedUp);
    await world.clock.advance(3600 * 1000);
    expect(await launch(ec2, { ClientToken: "bia-1" })).not.toBe(id);
  });
});

test("more instances than a subnet has addresses are refused, and none is launched", async () => {
  const { ec2 } = await clientsOf({ quotas: { vcpus: 100_000 } });
  expect(await refusal(launch(ec2, { MinCount: 4092, MaxCount: 4092 }))).toMatch(
    /^InsufficientFreeAddressesInSubnet: /,
  );
  expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? []).toEqual([]);
});

test("two instances have different addresses", async () => {
  const { ec2, world } = await clientsOf();
  await launch(ec2, { ImageId: AL2023, MinCount: 2, MaxCount: 2 });
  await world.clock.advance(0);
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  const addresses = Reservations?.flatMap(({ Instances = [] }) =>
    Instances.flatMap(({ PrivateIpAddress, PublicIpAddress }) => [PrivateIpAddress, PublicIpAddress]),
  );
  expect(Reservations).toHaveLength(1);
  expect(new Set(addresses).size).toBe(4);
});

test("too many launches at once are throttled, and served again a little later", async () => {
  const { ec2, world } = await clientsOf({ throttling: true });
  for (let launched = 0; launched < 5; launched++) await launch(ec2);
  await expect(launch(ec2)).rejects.toMatchObject({
    name: "RequestLimitExceeded",
    $metadata: { httpStatusCode: 503 },
  });
  await world.clock.advance(500);
  await launch(ec2);
  expect(await refusal(launch(ec2))).toMatch(/^RequestLimitExceeded: /);
});

test("an account on the Free plan is refused machines beyond it, which a dry run does not find out", async () => {
  const { ec2 } = await clientsOf({ plan: "free" });
  const dry = { InstanceType: "t3.large", DryRun: true } as const;
  expect(await refusal(launch(ec2, dry))).toMatch(/^DryRunOperation: /);
  expect(await refusal(launch(ec2, { InstanceType: "t3.large" }))).toMatch(
    /^InvalidParameterCombination: The specified instance type is not eligible for Free Tier/,
  );
  await launch(ec2, { InstanceType: "t3.micro" });
});
