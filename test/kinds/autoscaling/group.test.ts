import {
  AttachLoadBalancerTargetGroupsCommand,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  DisableMetricsCollectionCommand,
  EnableMetricsCollectionCommand,
  SetDesiredCapacityCommand,
  UpdateAutoScalingGroupCommand,
  type UpdateAutoScalingGroupCommandInput,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateCommand,
  DeleteLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateCapacityProviderCommand } from "@aws-sdk/client-ecs";
import { CreateTargetGroupCommand, DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DeleteInstanceProfileCommand, RemoveRoleFromInstanceProfileCommand } from "@aws-sdk/client-iam";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { RunningSandbox, SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { roleNameOf } from "../../../src/sandbox/world/ec2/instance-profiles.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { scalingStack } from "./stack.ts";

const AutoScalingGroupName = "asgCurso117";
const only = "group";
const stack = scalingStack();

function setting(field: string, change: Partial<UpdateAutoScalingGroupCommandInput>): Drift {
  return {
    field: new RegExp(`^${field}$`),
    make: ({ autoScaling }) => autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, ...change })),
  };
}

/** A launch template and a target group of somebody else. */
async function prepare(sandbox: RunningSandbox): Promise<void> {
  const { ec2, elbv2, close } = clientsOf(sandbox);
  const LaunchTemplateData = {
    ImageId: "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
    InstanceType: "t3.micro" as const,
  };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "theirs", LaunchTemplateData }));
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  const VpcId = Vpcs?.[0]?.VpcId;
  await elbv2.send(new CreateTargetGroupCommand({ Name: "tg-theirs", Protocol: "HTTP", Port: 80, VpcId }));
  close();
}

describeContract({
  task: only,
  stack,
  prepare,
  drifts: {
    "a smaller minimum": setting("minSize", { MinSize: 0 }),
    "a larger maximum": setting("maxSize", { MaxSize: 4 }),
    "another size": setting("desiredCapacity", { MinSize: 1, DesiredCapacity: 1 }),
    "another cooldown": setting("defaultCooldown", { DefaultCooldown: 60 }),
    "another kind of health checks": setting("healthCheckType", { HealthCheckType: "EC2,EBS" }),
    "another time of grace": setting("healthCheckGracePeriod", { HealthCheckGracePeriod: 0 }),
    "other subnets": {
      field: /^subnets$/,
      make: async ({ ec2, autoScaling }) => {
        const Filters = [{ Name: "availability-zone", Values: ["us-east-1a"] }];
        const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
        const request = { AutoScalingGroupName, VPCZoneIdentifier: Subnets?.[0]?.SubnetId };
        await autoScaling.send(new UpdateAutoScalingGroupCommand(request));
      },
    },
    "another version of its launch template": {
      field: /^launchTemplate\.version$/,
      make: ({ autoScaling }) => {
        const LaunchTemplate = { LaunchTemplateName: "launchTempCurso117", Version: "$Latest" };
        return autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate }));
      },
    },
    "another launch template": {
      field: /^launchTemplate\.id$/,
      make: ({ autoScaling }) => {
        const LaunchTemplate = { LaunchTemplateName: "theirs", Version: "1" };
        return autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate }));
      },
    },
    "a target group that nobody asked for": {
      field: /^targetGroup tg-theirs$/,
      make: async ({ autoScaling, elbv2 }) => {
        const { TargetGroups } = await elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-theirs"] }));
        const TargetGroupARNs = [TargetGroups?.[0]?.TargetGroupArn ?? ""];
        const request = { AutoScalingGroupName, TargetGroupARNs };
        await autoScaling.send(new AttachLoadBalancerTargetGroupsCommand(request));
      },
    },
    "a metric that is no longer collected": {
      field: /^metric GroupMinSize$/,
      make: ({ autoScaling }) =>
        autoScaling.send(new DisableMetricsCollectionCommand({ AutoScalingGroupName, Metrics: ["GroupMinSize"] })),
    },
    "a metric that nobody asked for": {
      field: /^metric GroupMaxSize$/,
      make: ({ autoScaling }) => {
        const request = { AutoScalingGroupName, Granularity: "1Minute", Metrics: ["GroupMaxSize"] };
        return autoScaling.send(new EnableMetricsCollectionCommand(request));
      },
    },
    "another tag": {
      field: /^tag Name$/,
      make: ({ autoScaling }) => {
        const tag = { ResourceId: AutoScalingGroupName, ResourceType: "auto-scaling-group", Key: "Name", Value: "x" };
        return autoScaling.send(new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, PropagateAtLaunch: true }] }));
      },
    },
  },
});

async function sandboxWith(options: SandboxOptions = {}): Promise<{ sandbox: RunningSandbox; clients: AwsClients }> {
  const sandbox = await sandboxForTest({ delays: "none", ...options });
  const clients = clientsOf(sandbox);
  onTestFinished(() => clients.close());
  return { sandbox, clients };
}

async function groupOn({ autoScaling }: AwsClients) {
  const names = { AutoScalingGroupNames: [AutoScalingGroupName] };
  return (await autoScaling.send(new DescribeAutoScalingGroupsCommand(names))).AutoScalingGroups?.[0];
}

describe("a scaling group", () => {
  it("is ready once its instances are in service, with its tags on them, and waits for those that are missing", async () => {
    const { sandbox, clients } = await sandboxWith({ delays: "short" });
    const { events } = await createOn(sandbox, { only, stack });
    expect(JSON.stringify(events)).toMatch(/[01] of 2 instances in service/);
    expect((await groupOn(clients))?.Instances?.map(({ LifecycleState }) => LifecycleState)).toEqual([
      "InService",
      "InService",
    ]);
    const Filters = [{ Name: "tag:Name", Values: ["ECS Instances - cluster-bia"] }];
    const { Reservations } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
    const tags = Reservations?.[0]?.Instances?.[0]?.Tags?.map(({ Key, Value }) => `${Key}=${Value}`);
    expect(tags).toEqual(expect.arrayContaining(["Course=117", "bia-infra:stack=bia", "bia-infra:task=group"]));
  });

  it("follows its launch template and says that running instances stay as they are", async () => {
    const { sandbox, clients } = await sandboxWith();
    await createOn(sandbox, { only, stack });
    const larger = scalingStack({ template: { instanceType: "t3.small" } });
    const again = await createOn(sandbox, { only, stack: larger });
    expect(again.tasks.find(({ id }) => id === only)).toMatchObject({
      verdict: "update",
      changes: [{ field: "launchTemplate.version", from: "1", to: "2" }],
    });
    expect(JSON.stringify(again.events)).toContain("2 instances stay as they were launched");
    const group = await groupOn(clients);
    expect(group?.LaunchTemplate?.Version).toBe("2");
    expect(group?.Instances?.map(({ InstanceType }) => InstanceType)).toEqual(["t3.micro", "t3.micro"]);
  });

  it("has the size that ECS gives it while ECS manages it, and keeps the tag by which ECS does", async () => {
    const { sandbox, clients } = await sandboxWith();
    const { autoScaling } = clients;
    const elastic = scalingStack({ group: { maxSize: 4 } });
    await createOn(sandbox, { only, stack: elastic });
    const tag = { ResourceId: AutoScalingGroupName, ResourceType: "auto-scaling-group", Key: "AmazonECSManaged" };
    await autoScaling.send(new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, Value: "", PropagateAtLaunch: true }] }));
    await autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 3 }));
    const again = await createOn(sandbox, { only, stack: elastic });
    expect(again.tasks.find(({ id }) => id === only)).toMatchObject({
      verdict: "unchanged",
      detail: expect.stringContaining("ECS moves its size"),
    });
    const longer = scalingStack({ group: { maxSize: 4, defaultCooldown: 60 } });
    await createOn(sandbox, { only, stack: longer });
    const group = await groupOn(clients);
    expect(group).toMatchObject({ DesiredCapacity: 3, DefaultCooldown: 60 });
    expect(group?.Tags?.map(({ Key }) => Key)).toContain("AmazonECSManaged");
  });

  it("registers its instances with target groups, and no more with those that are taken off the list", async () => {
    const { sandbox, clients } = await sandboxWith();
    const { Vpcs } = await clients.ec2.send(new DescribeVpcsCommand({}));
    const { TargetGroups } = await clients.elbv2.send(
      new CreateTargetGroupCommand({ Name: "tg-bia", Protocol: "HTTP", Port: 80, VpcId: Vpcs?.[0]?.VpcId }),
    );
    const arn = TargetGroups?.[0]?.TargetGroupArn ?? "";
    const attached = scalingStack({ group: { targetGroups: [arn] } });
    await createOn(sandbox, { only, stack });
    const planned = (await planOn(sandbox, { only, stack: attached })).tasks.find(({ id }) => id === only);
    expect(planned?.changes).toEqual([{ field: "targetGroup tg-bia", to: "attached" }]);
    await createOn(sandbox, { only, stack: attached });
    expect((await groupOn(clients))?.TargetGroupARNs).toEqual([arn]);
    expect(verdicts(await planOn(sandbox, { only, stack: attached }))[only]).toBe("unchanged");
    await createOn(sandbox, { only, stack });
    expect((await groupOn(clients))?.TargetGroupARNs).toEqual([]);
    const request = { AutoScalingGroupName, TargetGroupARNs: [arn] };
    await clients.autoScaling.send(new AttachLoadBalancerTargetGroupsCommand(request));
    expect(verdicts(await createOn(sandbox, { only, stack }))[only]).toBe("update");
  });

  it("that somebody else made is used as it is and survives a destroy", async () => {
    const { sandbox, clients } = await sandboxWith();
    const LaunchTemplateData = {
      ImageId: "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
      InstanceType: "t3.micro" as const,
    };
    await clients.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "theirs", LaunchTemplateData }));
    const { Subnets } = await clients.ec2.send(new DescribeSubnetsCommand({}));
    const LaunchTemplate = { LaunchTemplateName: "theirs" };
    const sizes = { MinSize: 0, MaxSize: 1, DesiredCapacity: 0 };
    const request = { AutoScalingGroupName, LaunchTemplate, ...sizes, VPCZoneIdentifier: Subnets?.[0]?.SubnetId };
    await clients.autoScaling.send(new CreateAutoScalingGroupCommand(request));
    expect(verdicts(await createOn(sandbox, { only, stack }))[only]).toBe("foreign");
    expect(verdicts(await destroyOn(sandbox, { only, stack }))[only]).toBe("foreign");
    expect(await groupOn(clients)).toMatchObject(sizes);
  });
});

const freePlan = {
  operation: "ec2:RunInstances",
  effect: {
    error: {
      code: "InvalidParameterCombination",
      message: "The specified instance type is not eligible for Free Tier.",
    },
  },
};

describe("a launch that EC2 refuses", () => {
  it("trap 6: is made once EC2 sees the instance profile, which IAM has shown for a while", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const unseen = {
      code: "ValidationError",
      message:
        "You must use a valid fully-formed launch template. Value (ecs-ec2InstanceIProfile) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    };
    const operation = "autoscaling:CreateAutoScalingGroup";
    sandbox.world.faults.set([{ operation, nth: [1, 2], effect: { error: unseen } }]);
    const { failed, events } = await createOn(sandbox, { stack, only });
    expect(sandbox.world.faults.strikes()[0]).toMatchObject({ struck: 2, matched: 3 });
    expect(failed).toBe(false);
    const reason = "waiting for AWS to see what was just made";
    expect(events).toContainEqual(expect.objectContaining({ type: "waiting", task: only, reason }));
  });

  it("for want of permissions says which may be meant", async () => {
    const { sandbox } = await sandboxWith();
    const error = {
      code: "AccessDenied",
      message: "You are not authorized to use launch template: lt-0abc",
      status: 403,
    };
    sandbox.world.faults.set([{ operation: "autoscaling:CreateAutoScalingGroup", effect: { error } }]);
    const { tasks } = await createOn(sandbox, { only, stack });
    const next = tasks.find(({ id }) => id === only)?.error?.next;
    for (const what of ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", "SCP"]) expect(next).toContain(what);
  });

  it("trap 3: an account on the Free plan is told of by the group's activities, not waited for", async () => {
    const { sandbox } = await sandboxWith({ faults: [freePlan] });
    const { tasks } = await createOn(sandbox, { only, stack });
    expect(tasks.find(({ id }) => id === only)).toMatchObject({
      verdict: "failed",
      error: {
        why: "no instance could be launched: The specified instance type is not eligible for Free Tier. Launching EC2 instance failed.",
        next: expect.stringContaining("Free plan"),
      },
    });
  });

  it("is past once the template has changed", async () => {
    const { sandbox } = await sandboxWith({ faults: [freePlan] });
    await createOn(sandbox, { only, stack });
    sandbox.world.faults.set([]);
    const other = scalingStack({ template: { instanceType: "t3.small" } });
    expect((await createOn(sandbox, { only, stack: other })).failed).toBe(false);
  });

  it("for want of capacity in one zone is made up for in the next one", async () => {
    const error = {
      code: "InsufficientInstanceCapacity",
      message: "We currently do not have sufficient t3.micro capacity.",
    };
    const rule = { operation: "ec2:RunInstances", nth: 1, effect: { error } };
    const { sandbox, clients } = await sandboxWith({ faults: [rule] });
    expect((await createOn(sandbox, { only, stack })).failed).toBe(false);
    const zones = (await groupOn(clients))?.Instances?.map(({ AvailabilityZone }) => AvailabilityZone);
    expect(zones).toEqual(["us-east-1b", "us-east-1a"]);
  });

  it("that often passes by itself is waited for, with EC2's words", async () => {
    const error = { code: "AuthFailure", message: "Authentication Failure" };
    const rule = { operation: "ec2:RunInstances", nth: 1, effect: { error } };
    const { sandbox } = await sandboxWith({ faults: [rule], speed: 60 });
    const { failed, events } = await createOn(sandbox, { only, stack });
    expect(failed).toBe(false);
    expect(JSON.stringify(events)).toContain("the last launch was refused: Authentication Failure.");
  });
});

describe("a scaling group whose instances are tied to a profile that was deleted and made again", () => {
  it("is told of by a plan and gets the new one, without an instance being replaced", async () => {
    const { sandbox, clients } = await sandboxWith();
    const { iam } = clients;
    await createOn(sandbox, { only, stack });
    const InstanceProfileName = "ecs-ec2InstanceIProfile";
    const RoleName = "ecs-ec2InstanceRole";
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
    expect((await createOn(sandbox, { only, stack })).failed).toBe(false);
    expect(verdicts(await planOn(sandbox, { only, stack }))[only]).toBe("unchanged");
    const region = sandbox.world.region("us-east-1");
    const ids = (await groupOn(clients))?.Instances?.map(({ InstanceId = "" }) => InstanceId) ?? [];
    expect(ids.map((id) => roleNameOf(sandbox.world, region, id))).toEqual([RoleName, RoleName]);
    expect(region.ec2.instances.all()).toHaveLength(2);
  });
});

describe("a scaling group whose instances ECS drains", () => {
  /** A person makes a capacity provider as AWS's console does, and then stops an instance to save money. */
  async function withHeldInstance() {
    const { sandbox, clients } = await sandboxWith();
    await createOn(sandbox, { only, stack });
    const autoScalingGroupArn = (await groupOn(clients))?.AutoScalingGroupARN;
    const provider = { name: "theirs", autoScalingGroupProvider: { autoScalingGroupArn } };
    await clients.ecs.send(new CreateCapacityProviderCommand(provider));
    const hook = new DescribeLifecycleHooksCommand({ AutoScalingGroupName });
    await expect.poll(async () => (await clients.autoScaling.send(hook)).LifecycleHooks).toHaveLength(1);
    const [one] = (await groupOn(clients))?.Instances ?? [];
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [one?.InstanceId ?? ""] }));
    await expect.poll(() => statesOn(clients)).toContain("Terminating:Wait");
    return { sandbox, clients };
  }

  const statesOn = async (clients: AwsClients) =>
    (await groupOn(clients))?.Instances?.map(({ LifecycleState }) => LifecycleState);

  it("is repaired although one that was stopped by hand is held for an hour", async () => {
    const { sandbox, clients } = await withHeldInstance();
    const again = await createOn(sandbox, { only, stack });
    expect(again.failed).toBe(false);
    expect(again.tasks.find(({ id }) => id === only)?.detail).toContain(
      "2 instances (2 to 2), 1 more being terminated",
    );
    expect((await statesOn(clients))?.sort()).toEqual(["InService", "InService", "Terminating:Wait"]);
  });

  it("is destroyed without waiting for the hook", async () => {
    const { sandbox, clients } = await withHeldInstance();
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    expect(await groupOn(clients)).toBeUndefined();
  });
});

describe("beyond the account's quota of vCPUs", () => {
  it("no launch is waited for: the quota is named, with where to raise it", async () => {
    const { sandbox } = await sandboxWith({ quotas: { vcpus: 3 } });
    const { tasks } = await createOn(sandbox, { only, stack });
    expect(tasks.find(({ id }) => id === only)?.error).toMatchObject({
      why: expect.stringMatching(
        /^no instance could be launched: You have requested more vCPU capacity than your current vCPU limit of 3 /,
      ),
      next: expect.stringContaining("L-1216C47A"),
    });
  });
});

describe("the end of a scaling group", () => {
  it("does not need its launch template, which somebody has deleted, so that no launch succeeds", async () => {
    const { sandbox, clients } = await sandboxWith();
    await createOn(sandbox, { only, stack });
    await clients.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: "launchTempCurso117" }));
    const [lost] = (await groupOn(clients))?.Instances ?? [];
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [lost?.InstanceId ?? ""] }));
    const { activities } = sandbox.world.region("us-east-1").autoscaling;
    await expect.poll(() => activities.find(({ StatusCode }) => StatusCode === "Failed")).toBeDefined();
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    expect(await groupOn(clients)).toBeUndefined();
  });

  it("in the middle of a look at why it has too few instances is no failure", async () => {
    const { sandbox, clients } = await sandboxWith({ faults: [freePlan] });
    await createOn(sandbox, { only, stack });
    const message = `AutoScalingGroup name not found - no such group: ${AutoScalingGroupName}`;
    const gone = {
      operation: "autoscaling:DescribeScalingActivities",
      effect: { error: { code: "ValidationError", message } },
    };
    sandbox.world.faults.set([gone]);
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    expect(await groupOn(clients)).toBeUndefined();
  });

  it("trap 10: is the end of its instances too, so that their security group can go", async () => {
    const { sandbox, clients } = await sandboxWith({ delays: "short" });
    await createOn(sandbox, { only, stack });
    const destroyed = await destroyOn(sandbox, { stack });
    expect(destroyed.failed).toBe(false);
    expect(verdicts(destroyed)).toMatchObject({ group: "remove", firewall: "remove" });
    const { Reservations } = await clients.ec2.send(new DescribeInstancesCommand({}));
    const states = Reservations?.flatMap(({ Instances }) => Instances?.map(({ State }) => State?.Name));
    expect(new Set(states)).toEqual(new Set(["terminated"]));
  });

  it("is not seen in the instances of somebody else's group", async () => {
    const { sandbox } = await sandboxWith({ delays: "none" });
    await createOn(sandbox, { only, stack: scalingStack({ group: { name: "another" } }) });
    expect(verdicts(await planOn(sandbox, { only, stack })).group).toBe("create");
  });

  it("is waited for when only its instances are left, as ForceDelete may leave them", async () => {
    const { sandbox, clients } = await sandboxWith({ delays: "short" });
    await createOn(sandbox, { only, stack });
    const { ids, region } = {
      ids: (await groupOn(clients))?.Instances ?? [],
      region: sandbox.world.region("us-east-1"),
    };
    region.autoscaling.groups.delete(AutoScalingGroupName);
    for (const { InstanceId = "" } of ids) {
      region.ec2.instances.update(InstanceId, (draft) => {
        draft.State = { Name: "shutting-down", Code: 32 };
      });
    }
    const destroyed = await destroyOn(sandbox, { stack });
    expect(destroyed.failed).toBe(false);
    expect(JSON.stringify(destroyed.events)).toContain("2 instances being terminated");
  });
});
