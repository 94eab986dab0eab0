import { monitorEventLoopDelay } from "node:perf_hooks";
import {
  AttachLoadBalancerTargetGroupsCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAccountLimitsCommand,
  DescribeAutoScalingInstancesCommand,
  DetachLoadBalancerTargetGroupsCommand,
  SetDesiredCapacityCommand,
  SetInstanceProtectionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  activitiesOf,
  create,
  GROUP,
  groupOf,
  type Scaling,
  scalingOf,
  states,
} from "../services/autoscaling/fixtures.ts";
import { refusal } from "../services/clients.ts";
import { defaultVpc } from "../services/ec2/fixtures.ts";

const SECOND = 1000;

async function idsOf(sandbox: Scaling): Promise<string[]> {
  return (await groupOf(sandbox))?.Instances?.map(({ InstanceId = "" }) => InstanceId) ?? [];
}

async function zonesOf(sandbox: Scaling) {
  return (await groupOf(sandbox))?.Instances?.map(({ AvailabilityZone }) => AvailabilityZone);
}

/** A group whose instances are in service. */
async function settled(...[options, data]: Parameters<typeof scalingOf>): Promise<Scaling> {
  const sandbox = await scalingOf(options, data);
  await sandbox.world.clock.advance(60 * SECOND);
  await create(sandbox);
  await sandbox.world.clock.advance(60 * SECOND);
  return sandbox;
}

const resize = ({ scaling }: Scaling, DesiredCapacity: number) =>
  scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));

describe("a very large group", () => {
  test("stops at the quota of vCPUs, with EC2's words, and goes on when that is raised", async () => {
    const sandbox = await scalingOf();
    await create(sandbox, { MinSize: 0, MaxSize: 100_000, DesiredCapacity: 100_000 });
    await sandbox.world.clock.advance(5 * SECOND);
    expect(await states(sandbox)).toHaveLength(16);
    const failed = (await activitiesOf(sandbox)).filter(({ StatusCode }) => StatusCode === "Failed");
    expect(failed).toHaveLength(1);
    expect(failed[0]?.StatusMessage).toMatch(
      /^You have requested more vCPU capacity than your current vCPU limit of 32 allows .* Launching EC2 instance failed\.$/,
    );
  });

  test("is refused more and more seldom, until somebody asks for another size", async () => {
    const sandbox = await scalingOf({ quotas: { vcpus: 0 } });
    await create(sandbox, { MinSize: 0, MaxSize: 1000, DesiredCapacity: 1 });
    await resize(sandbox, 1000);
    await sandbox.world.clock.advance(3600 * SECOND);
    const times = (await activitiesOf(sandbox)).map(({ StartTime }) => (StartTime?.getTime() ?? 0) / SECOND).reverse();
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.slice(-5)).toEqual([120, 240, 480, 960, 960]);
    await resize(sandbox, 999);
    await sandbox.world.clock.advance(60 * SECOND);
    expect(await activitiesOf(sandbox)).toHaveLength(times.length + 2);
  });

  test("costs no more for each instance than a small one, holds nobody up for long, and is written a few times", async () => {
    const sandbox = await scalingOf({ quotas: { vcpus: 100_000 } });
    let writes = 0;
    sandbox.world.watch("autoscaling", "groups", () => {
      writes += 1;
    });
    await create(sandbox, { MinSize: 0, MaxSize: 1000, DesiredCapacity: 0 });
    /** Milliseconds: of the processor for each new instance, the longest that nothing else could be done, and of all. */
    const grow = async (from: number, to: number) => {
      await resize(sandbox, to);
      const stalls = monitorEventLoopDelay({ resolution: 1 });
      stalls.enable();
      const [before, start] = [process.cpuUsage(), performance.now()];
      await sandbox.world.clock.advance(5 * SECOND);
      stalls.disable();
      const each = process.cpuUsage(before).user / 1000 / (to - from);
      return { each, longest: stalls.max / 1e6, took: performance.now() - start };
    };
    await grow(0, 10);
    const small = await grow(10, 60);
    const large = await grow(60, 300);
    expect(new Set(await states(sandbox))).toEqual(new Set(["InService"]));
    expect(await idsOf(sandbox)).toHaveLength(300);
    // A cost that grows with the square of the size would be five times as much.
    expect(large.each).toBeLessThan(3 * small.each);
    expect(large.longest).toBeLessThan(large.took / 4);
    await resize(sandbox, 0);
    await sandbox.world.clock.advance(5 * SECOND);
    expect(await states(sandbox)).toEqual([]);
    expect(writes).toBeLessThan(100);
  });
});

describe("a new group", () => {
  test("launches its instances after a moment, one zone after the other, and counts them once they run", async () => {
    const sandbox = await scalingOf({ delays: "real" });
    await sandbox.world.clock.advance(60 * SECOND);
    await create(sandbox);
    expect(await states(sandbox)).toEqual([]);
    await sandbox.world.clock.advance(8 * SECOND);
    expect(await states(sandbox)).toEqual(["Pending", "Pending"]);
    expect(await zonesOf(sandbox)).toEqual(["us-east-1a", "us-east-1b"]);
    await sandbox.world.clock.advance(20 * SECOND);
    expect(await states(sandbox)).toEqual(["Pending", "Pending"]);
    await sandbox.world.clock.advance(10 * SECOND);
    expect(await states(sandbox)).toEqual(["InService", "InService"]);
  });

  test("launches real instances by its template, with its tags and its name on them", async () => {
    const script = Buffer.from("#!/bin/bash\necho ECS_CLUSTER=bia\n").toString("base64");
    const sandbox = await scalingOf({}, { UserData: script });
    await create(sandbox, {
      Tags: [
        { Key: "Name", Value: "ECS Instances", PropagateAtLaunch: true },
        { Key: "Owner", Value: "nobody", PropagateAtLaunch: false },
      ],
    });
    await sandbox.world.clock.advance(0);
    const { Reservations } = await sandbox.ec2.send(
      new DescribeInstancesCommand({ InstanceIds: await idsOf(sandbox) }),
    );
    const instances = Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
    expect(instances).toHaveLength(2);
    for (const { InstanceType, IamInstanceProfile, Tags, State } of instances) {
      expect({ InstanceType, State: State?.Name }).toEqual({ InstanceType: "t3.micro", State: "running" });
      expect(IamInstanceProfile?.Arn).toMatch(/ecs-ec2InstanceIProfile$/);
      expect(Tags?.map(({ Key, Value }) => `${Key}=${Value}`)).toEqual([
        expect.stringMatching(/^aws:ec2launchtemplate:id=lt-/),
        "aws:ec2launchtemplate:version=1",
        "Name=ECS Instances",
        "aws:autoscaling:groupName=asgCurso117",
      ]);
    }
    const { Volumes } = await sandbox.ec2.send(new DescribeVolumesCommand({}));
    expect(Volumes?.map(({ Size }) => Size)).toEqual([30, 30]);
  });

  test("tells what it did and why, newest first", async () => {
    const sandbox = await settled();
    const [newest, oldest] = await activitiesOf(sandbox);
    expect([newest, oldest].map((one) => one?.StatusCode)).toEqual(["Successful", "Successful"]);
    expect(oldest?.Description).toBe(`Launching a new EC2 instance: ${(await idsOf(sandbox))[0]}`);
    expect(newest?.Cause).toMatch(
      /^At [\dT:-]+Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 2\. {2}At [\dT:-]+Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 2\.$/,
    );
  });
});

describe("a group at its size", () => {
  test("replaces what is terminated or stopped behind its back", async () => {
    const sandbox = await settled();
    const [first = "", second = ""] = await idsOf(sandbox);
    await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [second] }));
    await sandbox.world.clock.advance(SECOND);
    const ids = await idsOf(sandbox);
    expect(await states(sandbox)).toEqual(["InService", "InService"]);
    expect(ids).not.toContain(first);
    expect(ids).not.toContain(second);
    const causes = (await activitiesOf(sandbox)).map(({ Cause }) => Cause);
    expect(causes.filter((cause) => cause?.includes("EC2 health check"))).toHaveLength(2);
  });

  test("grows and shrinks, evenly over its zones", async () => {
    const sandbox = await settled();
    await resize(sandbox, 4);
    await sandbox.world.clock.advance(SECOND);
    expect((await zonesOf(sandbox))?.sort()).toEqual(["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1c"]);
    await resize(sandbox, 3);
    await sandbox.world.clock.advance(SECOND);
    expect((await zonesOf(sandbox))?.sort()).toEqual(["us-east-1a", "us-east-1b", "us-east-1c"]);
  });

  test("does not take out what is protected from it", async () => {
    const sandbox = await settled();
    const InstanceIds = await idsOf(sandbox);
    const protection = { AutoScalingGroupName: GROUP, InstanceIds, ProtectedFromScaleIn: true };
    await sandbox.scaling.send(new SetInstanceProtectionCommand(protection));
    const update = { AutoScalingGroupName: GROUP, MinSize: 0, DesiredCapacity: 0 };
    await sandbox.scaling.send(new UpdateAutoScalingGroupCommand(update));
    await sandbox.world.clock.advance(SECOND);
    expect(await states(sandbox)).toEqual(["InService", "InService"]);
    await sandbox.scaling.send(new SetInstanceProtectionCommand({ ...protection, ProtectedFromScaleIn: false }));
    await sandbox.world.clock.advance(SECOND);
    expect(await states(sandbox)).toEqual([]);
  });

  test("gives up an instance on request, with or without its place", async () => {
    const sandbox = await settled();
    const terminate = (InstanceId: string, ShouldDecrementDesiredCapacity: boolean) =>
      sandbox.scaling.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }),
      );
    const [first = "", second = ""] = await idsOf(sandbox);
    expect(await refusal(terminate(first, true))).toMatch(/^ValidationError: Currently, desiredSize equals minSize/);
    const { Activity } = await terminate(first, false);
    expect(Activity?.Description).toBe(`Terminating EC2 instance: ${first}`);
    await sandbox.world.clock.advance(SECOND);
    expect(await states(sandbox)).toEqual(["InService", "InService"]);
    await sandbox.scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, MinSize: 1 }));
    await terminate(second, true);
    await sandbox.world.clock.advance(SECOND);
    expect(await states(sandbox)).toEqual(["InService"]);
  });

  test("keeps instances of an older template version; new ones are of the new one", async () => {
    const sandbox = await settled();
    const version = { LaunchTemplateName: "bia", SourceVersion: "1", LaunchTemplateData: { InstanceType: "t3.small" } };
    await sandbox.ec2.send(new CreateLaunchTemplateVersionCommand(version as never));
    const LaunchTemplate = { LaunchTemplateName: "bia", Version: "$Latest" };
    await sandbox.scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, LaunchTemplate }));
    await resize(sandbox, 3);
    await sandbox.world.clock.advance(SECOND);
    const { AutoScalingInstances } = await sandbox.scaling.send(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances?.map((one) => [one.InstanceType, one.LaunchTemplate?.Version])).toEqual([
      ["t3.micro", "1"],
      ["t3.micro", "1"],
      ["t3.small", "2"],
    ]);
    expect((await sandbox.scaling.send(new DescribeAccountLimitsCommand({}))).NumberOfAutoScalingGroups).toBe(1);
  });
});

describe("a launch that EC2 refuses", () => {
  const refused = (code: string, message: string, nth?: number) => ({
    operation: "ec2:RunInstances",
    ...(nth !== undefined && { nth }),
    effect: { error: { code, message } },
  });

  test("is told by the activities only, and tried again after a while", async () => {
    const sandbox = await scalingOf({
      faults: [refused("VcpuLimitExceeded", "You have requested more vCPU capacity")],
    });
    await create(sandbox);
    await sandbox.world.clock.advance(SECOND);
    expect(await groupOf(sandbox)).toMatchObject({ DesiredCapacity: 2, Instances: [] });
    expect(await activitiesOf(sandbox)).toMatchObject([
      {
        StatusCode: "Failed",
        StatusMessage: "You have requested more vCPU capacity. Launching EC2 instance failed.",
        Description:
          "Launching a new EC2 instance.  Status Reason: You have requested more vCPU capacity. Launching EC2 instance failed.",
      },
    ]);
    sandbox.world.faults.set([]);
    await sandbox.world.clock.advance(60 * SECOND);
    expect(await states(sandbox)).toEqual(["InService", "InService"]);
  });

  test("for want of capacity goes to another zone at once", async () => {
    const message = "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested.";
    const sandbox = await scalingOf({ faults: [refused("InsufficientInstanceCapacity", message, 1)] });
    await create(sandbox);
    expect(await zonesOf(sandbox)).toEqual(["us-east-1b", "us-east-1a"]);
  });

  test("because its template has been deleted is refused until somebody gives it another one", async () => {
    const sandbox = await settled();
    await sandbox.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: "bia" }));
    await resize(sandbox, 3);
    await sandbox.world.clock.advance(SECOND);
    const [last] = await activitiesOf(sandbox);
    expect(last?.StatusMessage).toMatch(/^The specified launch template, with template ID lt-\w+, does not exist\. /);
  });
});

describe("the deletion of a group", () => {
  const remove = ({ scaling }: Scaling, ForceDelete = false) =>
    scaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, ForceDelete }));

  test("with instances is refused unless it is forced", async () => {
    const sandbox = await settled();
    expect(await refusal(remove(sandbox))).toBe(
      "ResourceInUse: You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
    );
  });

  test("while an instance is being launched is refused for that", async () => {
    const sandbox = await scalingOf({ delays: "real" });
    await sandbox.world.clock.advance(60 * SECOND);
    await create(sandbox);
    await sandbox.world.clock.advance(10 * SECOND);
    expect(await refusal(remove(sandbox))).toBe(
      "ScalingActivityInProgress: You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
    );
  });

  test("is in progress until all instances are terminated, and nothing can be changed meanwhile", async () => {
    const sandbox = await settled({ delays: "real" });
    await remove(sandbox, true);
    expect(await groupOf(sandbox)).toMatchObject({ Status: "Delete in progress", DesiredCapacity: 0 });
    expect(await states(sandbox)).toEqual(["Terminating", "Terminating"]);
    expect(await refusal(resize(sandbox, 0))).toBe(
      "ValidationError: AutoScalingGroup 'asgCurso117' is pending delete.",
    );
    expect(await refusal(create(sandbox))).toMatch(/^AlreadyExists: /);
    await sandbox.world.clock.advance(40 * SECOND);
    expect(await groupOf(sandbox)).toMatchObject({ Status: "Delete in progress", Instances: [] });
    await sandbox.world.clock.advance(10 * SECOND);
    expect(await groupOf(sandbox)).toBeUndefined();
    expect((await activitiesOf(sandbox))[0]?.AutoScalingGroupState).toBe("Deleted");
  });

  test("without instances needs no force", async () => {
    const sandbox = await scalingOf();
    await create(sandbox, { MinSize: 0, DesiredCapacity: 0 });
    await remove(sandbox);
    await sandbox.world.clock.advance(0);
    expect(await groupOf(sandbox)).toBeUndefined();
  });
});

test("instances are registered with a group's target groups at the port of those, while they are attached", async () => {
  const sandbox = await scalingOf();
  const elbv2 = new ElasticLoadBalancingV2Client(sandbox.endpoint);
  onTestFinished(() => elbv2.destroy());
  const { TargetGroups } = await elbv2.send(
    new CreateTargetGroupCommand({ Name: "tg", Protocol: "HTTP", Port: 80, VpcId: await defaultVpc(sandbox.ec2) }),
  );
  const arn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const attachment = { AutoScalingGroupName: GROUP, TargetGroupARNs: [arn] };
  const targets = async () => {
    const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }));
    return TargetHealthDescriptions?.filter(({ TargetHealth }) => TargetHealth?.State !== "draining").map(
      ({ Target }) => `${Target?.Id}:${Target?.Port}`,
    );
  };
  await create(sandbox, { TargetGroupARNs: [arn] });
  await sandbox.world.clock.advance(SECOND);
  const expected = (await idsOf(sandbox)).map((id) => `${id}:80`);
  expect(await targets()).toEqual(expected);
  await sandbox.scaling.send(new DetachLoadBalancerTargetGroupsCommand(attachment));
  await sandbox.world.clock.advance(SECOND);
  expect(await targets()).toEqual([]);
  await sandbox.scaling.send(new AttachLoadBalancerTargetGroupsCommand(attachment));
  await sandbox.world.clock.advance(SECOND);
  expect(await targets()).toEqual(expected);
});
