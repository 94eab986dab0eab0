import {
  DeleteCapacityProviderCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  ListTasksCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { pushed } from "../ecr/registry.ts";
import {
  addMachines,
  attachProvider,
  CLUSTER,
  createCluster,
  createExecutionRole,
  createManagedCluster,
  createService,
  createTargetGroup,
  type Ecs,
  ecsOf,
  eventsOf,
  FAMILY,
  GROUP,
  instancesOf,
  PROVIDER,
  register,
  SERVICE,
  serviceOf,
  settle,
  tasksOf,
} from "./fixtures.ts";

const update = ({ ecs }: Ecs, input: object) =>
  ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, ...input }));
const remove = ({ ecs }: Ecs, force = true) =>
  ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: SERVICE, force }));
const targetsOf = (targetGroupArn: string) => ({
  loadBalancers: [{ targetGroupArn, containerName: "bia", containerPort: 8080 }],
});
const UNABLE = "was unable to place a task because no container instance met all of its requirements.";
const GUIDE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

describe("refused is a service", () => {
  test.each<[string, object, string]>([
    [
      "trap 1: that replaces its tasks in place and says nothing of rebalancing",
      { availabilityZoneRebalancing: undefined },
      "InvalidParameterException: Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration",
    ],
    [
      "with a launch type and a strategy",
      { launchType: "EC2", capacityProviderStrategy: [{ capacityProvider: PROVIDER, weight: 1 }] },
      "InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    ],
    [
      "on a capacity provider that the cluster does not have",
      { capacityProviderStrategy: [{ capacityProvider: "other", weight: 1 }] },
      "InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
    ],
    [
      "that may neither start nor stop a task",
      { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      "InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
    ],
    [
      "with a grace period for nothing",
      { healthCheckGracePeriodSeconds: 60 },
      "InvalidParameterException: Health check grace period is only valid for services configured to use load balancers",
    ],
    [
      "of a task definition that is not there",
      { taskDefinition: "ghost" },
      "ClientException: TaskDefinition not found.",
    ],
    ["in a cluster that is not there", { cluster: "ghost" }, "ClusterNotFoundException: Cluster not found."],
    [
      "on Fargate, of a task definition that is for instances",
      { launchType: "FARGATE" },
      "InvalidParameterException: Task definition does not support launch_type FARGATE.",
    ],
  ])("%s", async (_what, input, expected) => {
    const at = await ecsOf();
    await createCluster(at, 0);
    await register(at);
    expect(await refusal(createService(at, input))).toBe(expected);
  });

  test("trap 8: whose target group has no load balancer", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    await register(at);
    const group = await createTargetGroup(at, { listener: false });
    expect(await refusal(createService(at, targetsOf(group)))).toBe(
      `InvalidParameterException: The target group with targetGroupArn ${group} does not have an associated load balancer.`,
    );
  });

  test("whose target is no container, or no port of it", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    await register(at);
    const targetGroupArn = await createTargetGroup(at);
    const targets = (containerName: string, containerPort: number) => ({
      loadBalancers: [{ targetGroupArn, containerName, containerPort }],
    });
    expect(await refusal(createService(at, targets("web", 8080)))).toBe(
      "InvalidParameterException: The container web does not exist in the task definition.",
    );
    expect(await refusal(createService(at, targets("bia", 80)))).toBe(
      "InvalidParameterException: The container bia did not have a container port 80 defined.",
    );
  });

  test("in awsvpc behind a target group of instances", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    await register(at, { networkMode: "awsvpc" });
    const group = await createTargetGroup(at);
    expect(await refusal(createService(at, targetsOf(group)))).toBe(
      `InvalidParameterException: The provided target group ${group} has target type instance, which is incompatible with the awsvpc network mode specified in the task definition.`,
    );
  });

  test("of a name that is taken, unless it is the same request with the same token", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    await register(at);
    const first = await createService(at, { clientToken: "one" });
    const second = await createService(at, { clientToken: "one" });
    expect(second.service?.serviceArn).toBe(first.service?.serviceArn);
    const taken = "InvalidParameterException: Creation of service was not idempotent.";
    expect(await refusal(createService(at, { clientToken: "one", desiredCount: 3 }))).toBe(taken);
    expect(await refusal(createService(at))).toBe(taken);
  });

  test("of a name that is still being drained", async () => {
    const at = await ecsOf({ delays: "real" });
    await createCluster(at, 0);
    await register(at);
    await createService(at, { desiredCount: 0 });
    await remove(at);
    expect(await refusal(createService(at))).toBe(
      "InvalidParameterException: Unable to Start a service that is still Draining.",
    );
  });
});

describe("a service", () => {
  test("starts its tasks on different machines, registers their ports and reaches a steady state", async () => {
    const at = await ecsOf();
    await createManagedCluster(at);
    await register(at);
    const group = await createTargetGroup(at);
    await createService(at, { ...targetsOf(group), placementConstraints: [{ type: "distinctInstance" }] });
    await settle(at, 60);
    expect(await serviceOf(at)).toMatchObject({
      status: "ACTIVE",
      runningCount: 2,
      pendingCount: 0,
      capacityProviderStrategy: [{ capacityProvider: PROVIDER, base: 1, weight: 1 }],
      deployments: [{ status: "PRIMARY", rolloutState: "COMPLETED", runningCount: 2, desiredCount: 2, failedTasks: 0 }],
    });
    const tasks = await tasksOf(at);
    expect(new Set(tasks.map(({ containerInstanceArn }) => containerInstanceArn)).size).toBe(2);
    expect(tasks).toMatchObject([
      { lastStatus: "RUNNING", cpu: "1024", memory: "512", containers: [{ networkBindings: [{ hostPort: 32768 }] }] },
      { lastStatus: "RUNNING", capacityProviderName: PROVIDER, group: `service:${SERVICE}` },
    ]);
    const { TargetHealthDescriptions = [] } = await at.elbv2.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: group }),
    );
    expect(TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Port, TargetHealth?.State])).toEqual([
      [32768, "healthy"],
      [32768, "healthy"],
    ]);
    expect((await eventsOf(at)).at(0)).toBe("has started 2 tasks: (task ID) (task ID).");
    expect((await eventsOf(at)).at(-1)).toBe("has reached a steady state.");
  });

  test("replaces its tasks one by one where two find no place beside them, and never runs less than half", async () => {
    const at = await ecsOf({ delays: "real" });
    await createCluster(at, 0);
    await register(at);
    await createService(at, { desiredCount: 0 });
    expect((await serviceOf(at))?.deploymentConfiguration).toMatchObject({ minimumHealthyPercent: 50 });
    const region = at.world.region("us-east-1");
    addMachines(at, 2);
    await update(at, { desiredCount: 2 });
    await at.world.clock.advance(60_000);
    expect((await serviceOf(at))?.runningCount).toBe(2);
    const former = (await tasksOf(at)).map(({ taskArn }) => taskArn);
    await update(at, { forceNewDeployment: true });
    const running: number[] = [];
    for (let second = 0; second < 120; second++) {
      await at.world.clock.advance(1000);
      running.push(region.ecs.tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length);
    }
    expect(new Set(running)).toEqual(new Set([1, 2]));
    const now = await tasksOf(at);
    expect(now.filter(({ taskArn }) => former.includes(taskArn))).toEqual([]);
    expect((await serviceOf(at))?.deployments).toMatchObject([{ rolloutState: "COMPLETED", runningCount: 2 }]);
  });

  test.each<[string, object, object, string]>([
    ["memory", { memory: 800 }, {}, "has insufficient memory available"],
    ["CPU", { cpu: 1500 }, {}, "has insufficient CPU units available"],
    [
      "a port",
      { portMappings: [{ containerPort: 80, hostPort: 80 }] },
      {},
      "is already using a port required by your task",
    ],
    [
      "an instance of its own",
      {},
      { placementConstraints: [{ type: "distinctInstance" }] },
      'encountered error "DistinctInstance placement constraint unsatisfied."',
    ],
    [
      "another type",
      {},
      { placementConstraints: [{ type: "memberOf", expression: "attribute:ecs.availability-zone == us-east-1f" }] },
      'encountered error "MemberOf placement constraint unsatisfied."',
    ],
  ])("says that what is lacking is %s", async (_what, ofContainer, ofService, lack) => {
    const at = await ecsOf();
    await createCluster(at, 0);
    addMachines(at, 1);
    const container = { name: "bia", image: "httpd", memory: 100, ...ofContainer };
    await register(at, { containerDefinitions: [container] });
    await createService(at, ofService);
    await at.world.clock.advance(1000);
    const events = await eventsOf(at);
    expect(events.some((event) => event.startsWith(UNABLE) && event.endsWith(`${lack}. ${GUIDE}`))).toBe(true);
  });

  test("says that there are no machines, and starts its tasks when one comes", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    await register(at);
    await createService(at, { desiredCount: 1 });
    await at.world.clock.advance(1000);
    expect(await eventsOf(at)).toEqual([
      `${UNABLE} Reason: No Container Instances were found in your cluster. ${GUIDE}`,
    ]);
    addMachines(at, 1);
    await at.world.clock.advance(1000);
    expect((await serviceOf(at))?.runningCount).toBe(1);
  });

  test("starts another task for one that a person has stopped, and moves its tasks off a machine that is drained", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    addMachines(at, 2);
    await register(at);
    const deploymentConfiguration = { minimumHealthyPercent: 0, maximumPercent: 100 };
    await createService(at, { desiredCount: 1, deploymentConfiguration });
    await at.world.clock.advance(1000);
    const [first] = await tasksOf(at);
    await at.ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: first?.taskArn, reason: "try it" }));
    await at.world.clock.advance(1000);
    const [second] = await tasksOf(at);
    expect(second?.taskArn).not.toBe(first?.taskArn);
    expect(await tasksOf(at, "STOPPED")).toMatchObject([
      { taskArn: first?.taskArn, stopCode: "UserInitiated", stoppedReason: "try it", lastStatus: "STOPPED" },
    ]);
    const drained = second?.containerInstanceArn ?? "";
    const state = { cluster: CLUSTER, containerInstances: [drained], status: "DRAINING" as const };
    await at.ecs.send(new UpdateContainerInstancesStateCommand(state));
    await at.world.clock.advance(1000);
    const moved = await tasksOf(at);
    expect(moved).toHaveLength(1);
    expect(moved[0]?.containerInstanceArn).not.toBe(drained);
  });

  test("starts others for tasks that ran and then failed their checks, and does not say that none starts", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    addMachines(at, 2);
    await register(at);
    await createService(at, { desiredCount: 2 });
    await at.world.clock.advance(1000);
    const { tasks } = at.world.region("us-east-1").ecs;
    const stoppedReason = "Task failed container health checks";
    const failed = { desiredStatus: "STOPPED", lastStatus: "STOPPED", stopCode: "ServiceSchedulerInitiated" } as const;
    for (const { taskArn } of tasks.all())
      tasks.update(taskArn, (draft) => void Object.assign(draft, { ...failed, stoppedReason }));
    await at.world.clock.advance(2000);
    expect(await serviceOf(at)).toMatchObject({ runningCount: 2 });
    expect((await eventsOf(at)).filter((event) => event.startsWith("is unable"))).toEqual([]);
  });

  test("loses the tasks of a machine that has gone, and starts them elsewhere", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    addMachines(at, 2);
    await register(at);
    await createService(at, { desiredCount: 1 });
    await at.world.clock.advance(1000);
    const [lost] = await tasksOf(at);
    const machine = { cluster: CLUSTER, containerInstance: lost?.containerInstanceArn };
    expect(await refusal(at.ecs.send(new DeregisterContainerInstanceCommand(machine)))).toBe(
      "InvalidParameterException: Found running tasks on the instance.",
    );
    await at.ecs.send(new DeregisterContainerInstanceCommand({ ...machine, force: true }));
    await at.world.clock.advance(1000);
    expect(await tasksOf(at, "STOPPED")).toMatchObject([
      { stoppedReason: expect.stringMatching(/^Host EC2 \(instance i-.*\) terminated\.$/) },
    ]);
    expect(await tasksOf(at)).toMatchObject([{ lastStatus: "RUNNING" }]);
  });

  test("is only deleted at 0 tasks without force, and stays as a tombstone", async () => {
    const at = await ecsOf();
    await createCluster(at, 0);
    addMachines(at, 1);
    await register(at);
    await createService(at, { desiredCount: 1 });
    await at.world.clock.advance(1000);
    expect(await refusal(remove(at, false))).toBe(
      "InvalidParameterException: The service cannot be stopped while it is scaled above 0.",
    );
    await update(at, { desiredCount: 0 });
    expect(await refusal(remove(at, false))).toBe(
      "InvalidParameterException: The service cannot be stopped while deployments are active.",
    );
    await remove(at);
    expect((await serviceOf(at))?.status).toBe("DRAINING");
    expect(await refusal(update(at, { desiredCount: 1 }))).toBe("ServiceNotActiveException: Service was not ACTIVE.");
    await at.world.clock.advance(1000);
    expect(await serviceOf(at)).toMatchObject({ status: "INACTIVE", runningCount: 0 });
    await createService(at, { desiredCount: 0 });
    expect((await serviceOf(at))?.status).toBe("ACTIVE");
  });
});

describe("a task does not start", () => {
  const HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

  async function failing(at: Ecs, image: string, secrets: { name: string; valueFrom: string }[] = []): Promise<string> {
    const executionRoleArn = await createExecutionRole(at);
    await createCluster(at, 0);
    addMachines(at, 1);
    const containerDefinitions = [{ name: "bia", image, memory: 128, secrets }];
    await register(at, { executionRoleArn, containerDefinitions });
    await createService(at, { desiredCount: 1 });
    await at.world.clock.advance(10);
    const [task] = await tasksOf(at, "STOPPED");
    return task?.containers?.[0]?.reason ?? task?.stoppedReason ?? "";
  }

  test("while its image is not in the registry, and does when it has come", async () => {
    const at = await ecsOf();
    expect(await failing(at, `${HOST}/bia:latest`)).toBe(
      "CannotPullImageManifestError: Error response from daemon: name unknown: The repository with name 'bia' does not exist in the registry with id '000000000000'",
    );
    await at.world.clock.advance(20_000);
    expect((await eventsOf(at)).some((event) => event.startsWith("is unable to consistently start tasks"))).toBe(true);
    expect((await serviceOf(at))?.deployments?.[0]?.failedTasks).toBeGreaterThan(1);
    pushed(at.world, "one", ["latest"]);
    await at.world.clock.advance(60_000);
    expect((await serviceOf(at))?.runningCount).toBe(1);
  });

  test("while its execution role may not read its secrets, and while they are not there", async () => {
    const at = await ecsOf();
    const reason = await failing(at, "httpd", [{ name: "DB_PWD", valueFrom: "/bia/password" }]);
    expect(reason).toMatch(
      /^Fetching secret data from SSM Parameter Store in us-east-1: AccessDeniedException: .*ssm:GetParameters/,
    );
    const parameter = "arn:aws:ssm:us-east-1:000000000000:parameter/bia/password";
    const Statement = { Effect: "Allow", Action: ["ssm:GetParameters"], Resource: [parameter] };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const RoleName = "ecsTaskExecutionRole";
    await at.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "secrets", PolicyDocument }));
    await at.world.clock.advance(60_000);
    const reasons = (await tasksOf(at, "STOPPED")).map(({ stoppedReason }) => stoppedReason);
    expect(reasons.at(-1)).toMatch(/invalid parameters: \/bia\/password$/);
    await at.ssm.send(new PutParameterCommand({ Name: "/bia/password", Type: "SecureString", Value: "s3cret" }));
    await at.world.clock.advance(120_000);
    expect((await serviceOf(at))?.runningCount).toBe(1);
  });
});

describe("trap 9: a capacity provider", () => {
  test("is in use until the last task has stopped, and then until it is in no cluster", async () => {
    const at = await ecsOf({ delays: "none" });
    await createManagedCluster(at);
    await register(at);
    await createService(at);
    await at.world.clock.advance(1000);
    const inUse = "The specified capacity provider is in use and cannot be removed.";
    expect(await refusal(attachProvider(at, []))).toBe(`ResourceInUseException: ${inUse}`);
    const removeProvider = () => at.ecs.send(new DeleteCapacityProviderCommand({ capacityProvider: PROVIDER }));
    expect(await refusal(removeProvider())).toBe(`ClientException: ${inUse}`);
    await remove(at);
    // DeleteService answers while the tasks are still there.
    expect(await refusal(attachProvider(at, []))).toBe(`ResourceInUseException: ${inUse}`);
    await at.world.clock.advance(1000);
    // Its delete is accepted while a cluster has it, and given up.
    expect((await removeProvider()).capacityProvider).toMatchObject({
      status: "ACTIVE",
      updateStatus: "DELETE_FAILED",
      updateStatusReason: expect.stringContaining("it is associated with cluster"),
    });
    await attachProvider(at, []);
    expect(await refusal(attachProvider(at, []))).toMatch(/^UpdateInProgressException: /);
    await at.world.clock.advance(1000);
    await removeProvider();
    await at.world.clock.advance(1000);
    const found = await at.ecs.send(new DescribeCapacityProvidersCommand({ capacityProviders: [PROVIDER] }));
    expect(found.capacityProviders).toMatchObject([{ status: "INACTIVE", updateStatus: "DELETE_COMPLETE" }]);
  });

  test("enlarges its group for tasks that find no place, within its bounds, and makes it smaller much later", async () => {
    const at = await ecsOf();
    await createManagedCluster(at, { size: 1, max: 3 });
    const size = () => at.world.region("us-east-1").autoscaling.groups.get(GROUP)?.DesiredCapacity;
    await register(at);
    await createService(at, { desiredCount: 5, placementConstraints: [{ type: "distinctInstance" }] });
    await settle(at);
    expect(size()).toBe(3);
    await settle(at);
    expect((await serviceOf(at))?.runningCount).toBe(3);
    await update(at, { desiredCount: 1 });
    await settle(at, 60);
    expect(size()).toBe(3);
    await settle(at, 1200);
    expect(size()).toBe(1);
  });
});

test("a cluster is not deleted while it has machines, services or tasks, and then is inactive", async () => {
  const at = await ecsOf();
  await createCluster(at, 0);
  addMachines(at, 1);
  await register(at);
  await createService(at, { desiredCount: 0 });
  const removeCluster = () => at.ecs.send(new DeleteClusterCommand({ cluster: CLUSTER }));
  expect(await refusal(removeCluster())).toBe(
    "ClusterContainsContainerInstancesException: The Cluster cannot be deleted while Container Instances are active or draining.",
  );
  const [machine] = await instancesOf(at);
  const { containerInstanceArn: containerInstance } = machine ?? {};
  await at.ecs.send(new DeregisterContainerInstanceCommand({ cluster: CLUSTER, containerInstance }));
  expect(await refusal(removeCluster())).toBe(
    "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.",
  );
  await remove(at);
  await at.world.clock.advance(1000);
  await removeCluster();
  const { clusters } = await at.ecs.send(new DescribeClustersCommand({ clusters: [CLUSTER] }));
  expect(clusters).toMatchObject([{ status: "INACTIVE" }]);
  expect(await refusal(at.ecs.send(new ListTasksCommand({ cluster: CLUSTER })))).toBe(
    "ClusterNotFoundException: Cluster not found.",
  );
});

test("a task definition stays until nothing uses it any more", async () => {
  const at = await ecsOf();
  await createCluster(at, 0);
  await register(at);
  await createService(at, { desiredCount: 0 });
  const taskDefinition = `${FAMILY}:1`;
  const removeIt = () => at.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [taskDefinition] }));
  expect((await removeIt()).failures).toMatchObject([{ reason: expect.stringContaining("still in ACTIVE status") }]);
  await at.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
  expect((await removeIt()).taskDefinitions).toMatchObject([{ status: "DELETE_IN_PROGRESS" }]);
  await at.world.clock.advance(1000);
  const describeIt = () => at.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  expect((await describeIt()).taskDefinition?.status).toBe("DELETE_IN_PROGRESS");
  await remove(at);
  await at.world.clock.advance(1000);
  expect(await refusal(describeIt())).toBe("ClientException: Unable to describe task definition.");
  expect((await register(at)).taskDefinition?.revision).toBe(2);
});
