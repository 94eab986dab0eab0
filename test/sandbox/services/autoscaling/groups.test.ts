import {
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeleteTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeTagsCommand,
  DisableMetricsCollectionCommand,
  EnableMetricsCollectionCommand,
  paginateDescribeAutoScalingGroups,
  SetDesiredCapacityCommand,
  UpdateAutoScalingGroupCommand,
  type UpdateAutoScalingGroupCommandInput,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateVersionCommand } from "@aws-sdk/client-ec2";
import {
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetRoleCommand,
  RemoveRoleFromInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { create, GROUP, groupOf, PROFILE, type Scaling, scalingOf } from "./fixtures.ts";

const update = ({ scaling }: Scaling, input: Partial<UpdateAutoScalingGroupCommandInput>) =>
  scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, ...input }));

test("a group is what it was asked to be, with AWS's defaults, and makes its service-linked role", async () => {
  const sandbox = await scalingOf();
  await create(sandbox, { MinSize: 0, DesiredCapacity: 0 });
  expect(await groupOf(sandbox)).toMatchObject({
    AutoScalingGroupARN: expect.stringMatching(
      /^arn:aws:autoscaling:us-east-1:\d{12}:autoScalingGroup:.*\/asgCurso117$/,
    ),
    LaunchTemplate: { LaunchTemplateId: expect.stringMatching(/^lt-/), LaunchTemplateName: "bia" },
    AvailabilityZones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    VPCZoneIdentifier: sandbox.subnets.join(","),
    DefaultCooldown: 300,
    HealthCheckType: "EC2",
    HealthCheckGracePeriod: 0,
    Instances: [],
  });
  const RoleName = "AWSServiceRoleForAutoScaling";
  expect((await sandbox.iam.send(new GetRoleCommand({ RoleName }))).Role?.Path).toContain("/aws-service-role/");
});

describe("a group is refused at its creation", () => {
  const REFUSED: Readonly<Record<string, [Parameters<typeof create>[1], string | RegExp]>> = {
    "without a subnet": [
      { VPCZoneIdentifier: undefined },
      "ValidationError: At least one Availability Zone or VPC Subnet is required.",
    ],
    "with a subnet that is not there": [
      { VPCZoneIdentifier: "subnet-0123456789abcdef0" },
      "ValidationError: The subnet ID 'subnet-0123456789abcdef0' does not exist",
    ],
    "with bounds that do not fit": [
      { MinSize: 3, MaxSize: 2 },
      "ValidationError: Max bound, 2, must be greater than or equal to min bound, 3",
    ],
    "with a size outside of its bounds": [
      { DesiredCapacity: 5 },
      "ValidationError: Desired capacity:5 must be between the specified min size:2 and max size:4",
    ],
    "with a launch template that is not there": [
      { LaunchTemplate: { LaunchTemplateName: "nobody" } },
      /^ValidationError: You must use a valid fully-formed launch template\. The specified launch template/,
    ],
    "with a target group that is not there": [
      { TargetGroupARNs: ["arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/nobody/0"] },
      "ValidationError: Provided Target Groups may not be valid. Please ensure they exist and try again.",
    ],
    "with health checks that the sandbox does not have": [{ HealthCheckType: "ELB" }, /^SandboxNotEmulated: /],
  };
  test.each(Object.entries(REFUSED))("%s", async (_, [input, words]) => {
    const sandbox = await scalingOf();
    const said = await refusal(create(sandbox, input));
    if (words instanceof RegExp) expect(said).toMatch(words);
    else expect(said).toBe(words);
    expect(await groupOf(sandbox)).toBeUndefined();
  });

  const UNFIT: Readonly<Record<string, [Parameters<typeof scalingOf>[1], RegExp]>> = {
    "an instance type that AWS does not have": [{ InstanceType: "t3.tiny" as "t3.micro" }, /Invalid value 't3\.tiny'/],
    "a security group that is not there": [{ SecurityGroupIds: ["sg-0123456789abcdef0"] }, /The security group 'sg-/],
    "a key pair that is not there": [{ KeyName: "keyPairUniversal" }, /The key pair 'keyPairUniversal' does not exist/],
    "a root volume smaller than its snapshot": [
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 8 } }] },
      /Volume of size 8GB is smaller than snapshot 'snap-\w+', expect size >= 30GB/,
    ],
  };
  test.each(Object.entries(UNFIT))("with %s in its template", async (_, [data, words]) => {
    const said = await refusal(create(await scalingOf({}, data)));
    expect(said).toMatch(/^ValidationError: You must use a valid fully-formed launch template\. /);
    expect(said).toMatch(words);
  });

  test("with a name that is taken", async () => {
    const sandbox = await scalingOf();
    await create(sandbox);
    expect(await refusal(create(sandbox))).toBe(
      "AlreadyExists: AutoScalingGroup by this name already exists - A group with the name asgCurso117 already exists",
    );
  });
});

test("trap 6: a profile that EC2 does not see yet makes a launch template unfit for a moment", async () => {
  const sandbox = await scalingOf({ delays: "real" });
  expect(await refusal(create(sandbox))).toBe(
    `ValidationError: You must use a valid fully-formed launch template. Value (${PROFILE}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
  );
  await sandbox.world.clock.advance(15_000);
  await create(sandbox);
});

test("a profile without a role, or none at all, makes a launch template unfit", async () => {
  const sandbox = await scalingOf();
  const InstanceProfileName = PROFILE;
  await sandbox.iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: PROFILE }));
  await sandbox.iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  expect(await refusal(create(sandbox))).toMatch(/Invalid IAM Instance Profile name$/);
  await sandbox.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
  expect(await refusal(create(sandbox))).toMatch(/has no associated IAM Roles$/);
});

describe("an update", () => {
  test("changes what it names and nothing else", async () => {
    const sandbox = await scalingOf();
    await create(sandbox);
    const before = await groupOf(sandbox);
    await update(sandbox, { HealthCheckGracePeriod: 300, DefaultCooldown: 60, HealthCheckType: "EC2,EBS" });
    expect(await groupOf(sandbox)).toEqual({
      ...before,
      HealthCheckGracePeriod: 300,
      DefaultCooldown: 60,
      HealthCheckType: "EC2,EBS",
    });
  });

  test("of the bounds moves a size that is now outside of them", async () => {
    const sandbox = await scalingOf();
    await create(sandbox);
    await update(sandbox, { MinSize: 3 });
    expect((await groupOf(sandbox))?.DesiredCapacity).toBe(3);
    await update(sandbox, { MinSize: 0, MaxSize: 1 });
    expect((await groupOf(sandbox))?.DesiredCapacity).toBe(1);
  });

  test("to another template version is looked through as at the creation", async () => {
    const sandbox = await scalingOf();
    await create(sandbox);
    const LaunchTemplateData = { InstanceType: "t3.tiny" as "t3.micro" };
    const version = { LaunchTemplateName: "bia", SourceVersion: "1", LaunchTemplateData };
    await sandbox.ec2.send(new CreateLaunchTemplateVersionCommand(version));
    const LaunchTemplate = { LaunchTemplateName: "bia", Version: "2" };
    expect(await refusal(update(sandbox, { LaunchTemplate }))).toMatch(/Invalid value 't3\.tiny' for InstanceType/);
  });

  test("sets a size within its bounds only", async () => {
    const sandbox = await scalingOf();
    await create(sandbox);
    const resize = (DesiredCapacity: number) =>
      sandbox.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));
    expect(await refusal(resize(5))).toBe(
      "ValidationError: New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.",
    );
    expect(await refusal(resize(1))).toMatch(/is below min value 2/);
    await resize(3);
    expect((await groupOf(sandbox))?.DesiredCapacity).toBe(3);
  });
});

test("a group that is not there is an empty list to a describe and a ValidationError to all else", async () => {
  const sandbox = await scalingOf();
  expect(await groupOf(sandbox)).toBeUndefined();
  const missing = "ValidationError: AutoScalingGroup name not found - null";
  expect(await refusal(update(sandbox, { MaxSize: 3 }))).toBe(missing);
  const remove = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, ForceDelete: true });
  expect(await refusal(sandbox.scaling.send(remove))).toBe(missing);
});

test("metrics are collected by the minute, all of them if none is named", async () => {
  const sandbox = await scalingOf();
  const { scaling } = sandbox;
  await create(sandbox);
  const enable = (Granularity: string, Metrics?: string[]) =>
    scaling.send(new EnableMetricsCollectionCommand({ AutoScalingGroupName: GROUP, Granularity, Metrics }));
  const enabled = async () => (await groupOf(sandbox))?.EnabledMetrics?.map(({ Metric }) => Metric);
  expect(await refusal(enable("5Minute"))).toBe("ValidationError: Unsupported granularity: 5Minute.");
  expect(await refusal(enable("1Minute", ["GroupMood"]))).toBe("ValidationError: Unsupported metric: GroupMood.");
  await enable("1Minute", ["GroupMinSize", "GroupMaxSize"]);
  const Metrics = ["GroupMinSize"];
  await scaling.send(new DisableMetricsCollectionCommand({ AutoScalingGroupName: GROUP, Metrics }));
  expect(await enabled()).toEqual(["GroupMaxSize"]);
  await enable("1Minute");
  expect(await enabled()).toContain("GroupTotalInstances");
});

test("tags are added, replaced, found and taken off", async () => {
  const sandbox = await scalingOf();
  const { scaling } = sandbox;
  await create(sandbox, { Tags: [{ Key: "Name", Value: "ECS Instances", PropagateAtLaunch: true }] });
  const tag = { ResourceId: GROUP, ResourceType: "auto-scaling-group", Key: "AmazonECSManaged" };
  await scaling.send(new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, Value: "", PropagateAtLaunch: true }] }));
  const Filters = [{ Name: "auto-scaling-group", Values: [GROUP] }];
  const found = await scaling.send(new DescribeTagsCommand({ Filters }));
  expect(found.Tags).toEqual([
    { ...tag, Key: "Name", Value: "ECS Instances", PropagateAtLaunch: true },
    { ...tag, Value: "", PropagateAtLaunch: true },
  ]);
  const byTag = new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: "tag-key", Values: ["AmazonECSManaged"] }] });
  expect((await scaling.send(byTag)).AutoScalingGroups).toHaveLength(1);
  await scaling.send(new DeleteTagsCommand({ Tags: [tag] }));
  expect((await scaling.send(byTag)).AutoScalingGroups).toEqual([]);
  const reserved = { ...tag, Key: "aws:mine", Value: "" };
  expect(await refusal(scaling.send(new CreateOrUpdateTagsCommand({ Tags: [reserved] })))).toMatch(
    /^ValidationError: /,
  );
});

test("groups are listed page by page", async () => {
  const sandbox = await scalingOf({ pageSize: 2 });
  const none = { MinSize: 0, DesiredCapacity: 0 };
  for (const name of ["a", "b", "c"]) await create(sandbox, { ...none, AutoScalingGroupName: name });
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateDescribeAutoScalingGroups({ client: sandbox.scaling }, {})) {
    pages.push((page.AutoScalingGroups ?? []).map((group) => group.AutoScalingGroupName));
  }
  expect(pages).toEqual([["a", "b"], ["c"]]);
});
