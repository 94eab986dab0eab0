import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import {
  DeleteListenerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { launch } from "../ec2/fixtures.ts";
import { type Balancing, balancing, createBalancer, createTargetGroup, healthOf, listen, seconds } from "./fixtures.ts";

describe("a target group", () => {
  test("has the health check of AWS where nothing is said", async () => {
    const at = await balancing();
    const arn = await createTargetGroup(at);
    expect(arn).toMatch(/:targetgroup\/tg-bia\/[0-9a-f]{16}$/);
    const { TargetGroups } = await at.elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-bia"] }));
    expect(TargetGroups).toMatchObject([
      {
        TargetGroupArn: arn,
        TargetType: "instance",
        ProtocolVersion: "HTTP1",
        HealthCheckProtocol: "HTTP",
        HealthCheckPort: "traffic-port",
        HealthCheckPath: "/",
        HealthCheckIntervalSeconds: 30,
        HealthCheckTimeoutSeconds: 5,
        HealthyThresholdCount: 5,
        UnhealthyThresholdCount: 2,
        Matcher: { HttpCode: "200" },
      },
    ]);
  });

  test("is created once for the same settings, and refused for others", async () => {
    const at = await balancing();
    const Tags = [{ Key: "stack", Value: "bia" }];
    const arn = await createTargetGroup(at, { Tags });
    expect(await createTargetGroup(at, { Tags })).toBe(arn);
    const duplicate =
      "DuplicateTargetGroupName: A target group with the same name 'tg-bia' exists, but with different settings";
    expect(await refusal(createTargetGroup(at, { Tags, Port: 8080 }))).toBe(duplicate);
    expect(await refusal(createTargetGroup(at))).toBe(duplicate);
  });

  test.each<[string, Parameters<typeof createTargetGroup>[1], string]>([
    ["a timeout as long as its interval", { HealthCheckTimeoutSeconds: 30 }, "Health check interval must be greater"],
    ["a threshold of one", { HealthyThresholdCount: 1 }, "must have value greater than or equal to 2"],
    ["codes out of range", { Matcher: { HttpCode: "200-599" } }, "must be within '200-499' inclusive"],
    ["a path without a slash", { HealthCheckPath: "health" }, "must begin with a '/'"],
    ["a name that ends in a hyphen", { Name: "tg-" }, "cannot begin or end with a hyphen"],
    ["no VPC", { VpcId: undefined }, "A VPC ID must be specified"],
  ])("with %s is refused", async (_, input, words) => {
    const at = await balancing();
    expect(await refusal(createTargetGroup(at, input))).toMatch(/^ValidationError: /);
    expect(await refusal(createTargetGroup(at, input))).toContain(words);
  });

  test("changes its health check and its attributes in place", async () => {
    const at = await balancing();
    const TargetGroupArn = await createTargetGroup(at);
    await at.elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: "/api/versao" }));
    const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "30" }];
    await at.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
    const { TargetGroups } = await at.elbv2.send(new DescribeTargetGroupsCommand({}));
    expect(TargetGroups).toMatchObject([{ HealthCheckPath: "/api/versao", HealthCheckIntervalSeconds: 30 }]);
    const all = await at.elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
    expect(all.Attributes).toEqual(expect.arrayContaining(Attributes));
    expect(all.Attributes).toContainEqual({ Key: "stickiness.enabled", Value: "false" });
  });

  test("is in use by its listener, and for a while after that one is gone", async () => {
    const at = await balancing({ delays: "real" });
    const TargetGroupArn = await createTargetGroup(at);
    const ListenerArn = await listen(at, await createBalancer(at), TargetGroupArn);
    const remove = () => at.elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
    const inUse = `ResourceInUse: Target group '${TargetGroupArn}' is currently in use by a listener or a rule`;
    expect(await refusal(remove())).toBe(inUse);
    await at.elbv2.send(new DeleteListenerCommand({ ListenerArn }));
    expect(await refusal(remove())).toBe(inUse);
    await seconds(at, 60);
    await remove();
    await remove();
  });

  test("that is not there is named in AWS's words", async () => {
    const { elbv2 } = await balancing();
    expect(await refusal(elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-bia"] })))).toBe(
      "TargetGroupNotFound: One or more target groups not found",
    );
  });
});

const MACHINE = "arn:aws:ecs:us-east-1:000000000000:container-instance/cluster-bia-alb/1";

/** An instance of a cluster, a target of it on port 32768, and a switch for the task that listens there. */
async function target(at: Balancing, { listening = true } = {}) {
  const TargetGroupArn = await createTargetGroup(at, { HealthCheckIntervalSeconds: 15 });
  const balancer = await createBalancer(at);
  const Id = await launch(at.ec2, { SubnetId: at.subnets.a });
  await seconds(at, 300);
  if (listening) runTask();
  const ListenerArn = await listen(at, balancer, TargetGroupArn);
  const Targets = [{ Id, Port: 32768 }];
  const register = () => at.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  const deregister = () => at.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));

  function runTask(lastStatus = "RUNNING"): void {
    const now = at.world.now();
    const known = { tags: [], version: 1 };
    const clusterArn = "arn:aws:ecs:us-east-1:000000000000:cluster/cluster-bia-alb";
    at.region.ecs.containerInstances.put({
      containerInstanceArn: MACHINE,
      ec2InstanceId: Id,
      status: "ACTIVE",
      agentConnected: true,
      registeredResources: [],
      attributes: [],
      registeredAt: now,
      hidden: { clusterArn },
      ...known,
    });
    at.region.ecs.tasks.put({
      taskArn: "arn:aws:ecs:us-east-1:000000000000:task/cluster-bia-alb/1",
      clusterArn,
      taskDefinitionArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/task-def-bia-alb:1",
      containerInstanceArn: MACHINE,
      containers: [{ networkBindings: [{ hostPort: 32768, containerPort: 8080 }] }],
      lastStatus,
      desiredStatus: lastStatus,
      group: "family:task-def-bia-alb",
      cpu: "0",
      memory: "0",
      createdAt: now,
      hidden: { serviceArn: "", targets: [] },
      ...known,
    });
  }

  const stop = () => runTask("STOPPED");
  return { TargetGroupArn, ListenerArn, Id, register, deregister, start: () => runTask(), stop };
}

describe("a target", () => {
  test("is healthy after a single good check, unhealthy after two bad ones, healthy again after five good ones", async () => {
    const at = await balancing({ delays: "real" });
    const { TargetGroupArn, register, start, stop } = await target(at);
    await register();
    await seconds(at, 1);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["initial Elb.RegistrationInProgress"]);
    await seconds(at, 5);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["initial Elb.InitialHealthChecking"]);
    await seconds(at, 15);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["healthy"]);
    stop();
    await seconds(at, 29);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["healthy"]);
    await seconds(at, 2);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["unhealthy Target.FailedHealthChecks"]);
    start();
    await seconds(at, 74);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["unhealthy Target.FailedHealthChecks"]);
    await seconds(at, 2);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["healthy"]);
  });

  test("where nothing listens is unhealthy after two checks", async () => {
    const at = await balancing({ delays: "real" });
    const { TargetGroupArn, register } = await target(at, { listening: false });
    await register();
    await seconds(at, 5 + 30 + 1);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["unhealthy Target.FailedHealthChecks"]);
  });

  test("that stops answering for a moment only stays healthy", async () => {
    const at = await balancing({ delays: "real" });
    const { TargetGroupArn, register, start, stop } = await target(at);
    await register();
    await seconds(at, 60);
    stop();
    await seconds(at, 10);
    start();
    await seconds(at, 60);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["healthy"]);
  });

  test("is healthy at once where nothing takes time", async () => {
    const at = await balancing();
    const { TargetGroupArn, register } = await target(at);
    await register();
    await seconds(at, 0);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["healthy"]);
  });

  test("is drained for as long as its group says, then it is a target no more", async () => {
    const at = await balancing({ delays: "real" });
    const { TargetGroupArn, register, deregister } = await target(at);
    const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "30" }];
    await at.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
    await register();
    await seconds(at, 60);
    await deregister();
    await seconds(at, 29);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["draining Target.DeregistrationInProgress"]);
    await seconds(at, 2);
    expect(await healthOf(at, TargetGroupArn)).toEqual([]);
  });

  test("of a group without a load balancer is not in use, and gone at once when it is deregistered", async () => {
    const at = await balancing({ delays: "real" });
    const { TargetGroupArn, ListenerArn, register, deregister } = await target(at);
    await at.elbv2.send(new DeleteListenerCommand({ ListenerArn }));
    await register();
    await seconds(at, 0);
    expect(await healthOf(at, TargetGroupArn)).toEqual(["unused Target.NotInUse"]);
    await deregister();
    await seconds(at, 0);
    expect(await healthOf(at, TargetGroupArn)).toEqual([]);
  });

  test("in a zone that the load balancer is not in is not in use", async () => {
    const at = await balancing();
    const TargetGroupArn = await createTargetGroup(at);
    await listen(at, await createBalancer(at), TargetGroupArn);
    const Id = await launch(at.ec2, { SubnetId: at.subnets.c });
    await seconds(at, 1);
    await at.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id }] }));
    await seconds(at, 0);
    const { TargetHealthDescriptions } = await at.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    expect(TargetHealthDescriptions).toMatchObject([
      {
        Target: { Id, Port: 80 },
        HealthCheckPort: "80",
        TargetHealth: {
          State: "unused",
          Reason: "Target.NotInUse",
          Description: "Target is in an Availability Zone that is not enabled for the load balancer",
        },
      },
    ]);
  });

  test("whose instance is terminated is a target no more", async () => {
    const at = await balancing();
    const { TargetGroupArn, Id, register } = await target(at);
    await register();
    await at.ec2.send(new TerminateInstancesCommand({ InstanceIds: [Id] }));
    const healthLater = async () => {
      await seconds(at, 1);
      return healthOf(at, TargetGroupArn);
    };
    await expect.poll(healthLater).toEqual([]);
  });

  test("that is no running instance is refused", async () => {
    const at = await balancing({ delays: "real" });
    const TargetGroupArn = await createTargetGroup(at);
    const Id = await launch(at.ec2);
    const register = (id: string) =>
      refusal(at.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: id }] })));
    expect(await register(Id)).toBe(
      `InvalidTarget: The following targets are not in a running state and cannot be registered: '${Id}'`,
    );
    expect(await register("i-0123456789abcdef0")).toBe(
      "InvalidTarget: The following instances do not exist: 'i-0123456789abcdef0'",
    );
    expect(await register("foo")).toBe("ValidationError: Instance ID 'foo' is not valid");
  });

  test("that is no address, or no port, is refused", async () => {
    const at = await balancing();
    const TargetGroupArn = await createTargetGroup(at, { TargetType: "ip" });
    const register = (Id: string, Port: number) =>
      at.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, Port }] }));
    expect(await refusal(register("i-0123456789abcdef0", 80))).toContain("is not a valid IPv4 address");
    expect(await refusal(register("172.31.0.10", 0))).toContain("must have value greater than or equal to 1");
    await register("172.31.0.10", 80);
    expect(at.region.elbv2.targets.all()).toMatchObject([{ Id: "172.31.0.10", Port: 80 }]);
  });

  test("that nobody registered is said to be none", async () => {
    const at = await balancing();
    const TargetGroupArn = await createTargetGroup(at);
    const Targets = [{ Id: "i-0123456789abcdef0", Port: 80 }];
    const asked = await at.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn, Targets }));
    expect(asked.TargetHealthDescriptions).toMatchObject([
      { TargetHealth: { State: "unused", Reason: "Target.NotRegistered" } },
    ]);
  });
});
