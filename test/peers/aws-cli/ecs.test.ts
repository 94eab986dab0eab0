import { expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, look, tagsOf } from "./aws.ts";

const CLUSTER = ["--cluster", "cluster-bia-alb"];
const STRATEGY = [{ capacityProvider: "capacityProviderCurso117", base: 1, weight: 1 }];

describeOnAwsCli("the aws CLI on ECS of the sandbox", () => {
  it("shows the cluster: its capacity provider is the default strategy, Container Insights is on", () => {
    expect(look("ecs", "list-clusters").clusterArns).toEqual([expect.stringMatching(/:cluster\/cluster-bia-alb$/)]);
    const include = ["--include", "SETTINGS", "TAGS", "ATTACHMENTS"];
    const { clusters } = look("ecs", "describe-clusters", "--clusters", "cluster-bia-alb", ...include);
    expect(clusters).toMatchObject([
      {
        clusterName: "cluster-bia-alb",
        status: "ACTIVE",
        settings: [{ name: "containerInsights", value: "enabled" }],
        capacityProviders: ["capacityProviderCurso117"],
        defaultCapacityProviderStrategy: STRATEGY,
        attachmentsStatus: "UPDATE_COMPLETE",
        registeredContainerInstancesCount: 2,
        runningTasksCount: 2,
        pendingTasksCount: 0,
        activeServicesCount: 1,
      },
    ]);
    expect(tagsOf(clusters[0].tags)).toMatchObject({ "bia-infra:stack": "bia" });
  });

  it("shows the capacity provider: the group, managed scaling at 100 per cent, no termination protection", () => {
    const group = ask("AutoScalingGroups[0].AutoScalingGroupARN", "autoscaling", "describe-auto-scaling-groups");
    const names = ["--capacity-providers", "capacityProviderCurso117"];
    expect(look("ecs", "describe-capacity-providers", ...names).capacityProviders).toMatchObject([
      {
        name: "capacityProviderCurso117",
        status: "ACTIVE",
        autoScalingGroupProvider: {
          autoScalingGroupArn: group,
          managedScaling: { status: "ENABLED", targetCapacity: 100 },
          managedTerminationProtection: "DISABLED",
        },
      },
    ]);
  });

  it("shows the task definition: the password is a secret, not a value", () => {
    const { taskDefinitionArns } = look("ecs", "list-task-definitions", "--family-prefix", "task-def-bia-alb");
    expect(taskDefinitionArns).toEqual([expect.stringMatching(/:task-definition\/task-def-bia-alb:1$/)]);
    const address = ask("DBInstances[0].Endpoint.Address", "rds", "describe-db-instances");
    const host = ask("repositories[0].repositoryUri", "ecr", "describe-repositories");
    const { taskDefinition } = look("ecs", "describe-task-definition", "--task-definition", "task-def-bia-alb");
    expect(taskDefinition).toMatchObject({
      family: "task-def-bia-alb",
      revision: 1,
      status: "ACTIVE",
      networkMode: "bridge",
      requiresCompatibilities: ["EC2"],
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
      executionRoleArn: expect.stringMatching(/:role\/ecsTaskExecutionRole$/),
    });
    expect(taskDefinition.containerDefinitions).toMatchObject([
      {
        name: "bia",
        image: `${host}:latest`,
        cpu: 1024,
        memory: 512,
        essential: true,
        portMappings: [{ hostPort: 0, containerPort: 8080, protocol: "tcp" }],
        secrets: [{ name: "DB_PWD", valueFrom: expect.stringMatching(/:parameter\/bia-infra\/bia\/bia\/password$/) }],
      },
    ]);
    const [{ environment }] = taskDefinition.containerDefinitions;
    const values = environment.map(({ name, value }: { name: string; value: string }) => [name, value]);
    expect(Object.fromEntries(values)).toEqual({
      DB_USER: "postgres",
      DB_HOST: address,
      DB_PORT: "5432",
      DB_NAME: "bia",
    });
  });

  it("shows the service: two tasks, each on an instance of its own, spread over zones, behind the target group", () => {
    expect(look("ecs", "list-services", ...CLUSTER).serviceArns).toEqual([
      expect.stringMatching(/:service\/cluster-bia-alb\/service-bia-alb$/),
    ]);
    const targetGroupArn = ask("TargetGroups[0].TargetGroupArn", "elbv2", "describe-target-groups");
    const { services } = look("ecs", "describe-services", ...CLUSTER, "--services", "service-bia-alb");
    expect(services).toMatchObject([
      {
        serviceName: "service-bia-alb",
        status: "ACTIVE",
        desiredCount: 2,
        runningCount: 2,
        pendingCount: 0,
        taskDefinition: expect.stringMatching(/task-def-bia-alb:1$/),
        schedulingStrategy: "REPLICA",
        capacityProviderStrategy: STRATEGY,
        deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
        availabilityZoneRebalancing: "DISABLED",
        loadBalancers: [{ targetGroupArn, containerName: "bia", containerPort: 8080 }],
        placementConstraints: [{ type: "distinctInstance" }],
        placementStrategy: [{ type: "spread", field: "attribute:ecs.availability-zone" }],
        healthCheckGracePeriodSeconds: 60,
        deployments: [{ status: "PRIMARY", rolloutState: "COMPLETED", runningCount: 2, failedTasks: 0 }],
      },
    ]);
    // Else the capacity provider would have nothing to do.
    expect(services[0]).not.toHaveProperty("launchType");
    expect(services[0].events[0].message).toBe("(service service-bia-alb) has reached a steady state.");
  });

  it("shows the container instances, one to each instance of the group, with what is left on them", () => {
    const { containerInstanceArns } = look("ecs", "list-container-instances", ...CLUSTER);
    const names = ["--container-instances", ...containerInstanceArns];
    const { containerInstances } = look("ecs", "describe-container-instances", ...CLUSTER, ...names);
    const one = {
      status: "ACTIVE",
      agentConnected: true,
      runningTasksCount: 1,
      capacityProviderName: "capacityProviderCurso117",
      registeredResources: expect.arrayContaining([expect.objectContaining({ name: "CPU", integerValue: 2048 })]),
      remainingResources: expect.arrayContaining([expect.objectContaining({ name: "CPU", integerValue: 1024 })]),
    };
    expect(containerInstances).toMatchObject([one, one]);
    const [group] = look("autoscaling", "describe-auto-scaling-groups").AutoScalingGroups;
    expect(containerInstances.map((found: { ec2InstanceId: string }) => found.ec2InstanceId).sort()).toEqual(
      group.Instances.map(({ InstanceId }: { InstanceId: string }) => InstanceId).sort(),
    );
  });

  it("shows the two tasks, in two zones, with the ports that Docker chose", () => {
    const { taskArns } = look("ecs", "list-tasks", ...CLUSTER, "--service-name", "service-bia-alb");
    const { tasks } = look("ecs", "describe-tasks", ...CLUSTER, "--tasks", ...taskArns, "--include", "TAGS");
    const one = {
      lastStatus: "RUNNING",
      desiredStatus: "RUNNING",
      launchType: "EC2",
      capacityProviderName: "capacityProviderCurso117",
      group: "service:service-bia-alb",
      tags: expect.arrayContaining([{ key: "bia-infra:task", value: "service" }]),
      containers: [{ name: "bia", lastStatus: "RUNNING", networkBindings: [{ containerPort: 8080, protocol: "tcp" }] }],
    };
    expect(tasks).toMatchObject([one, one]);
    expect(new Set(tasks.map((task: { availabilityZone: string }) => task.availabilityZone)).size).toBe(2);
    for (const { containers } of tasks)
      expect(containers[0].networkBindings[0].hostPort).toBeGreaterThanOrEqual(32_768);
  });

  it("lets its waiter see that the service is stable", () => {
    const names = ["--services", "service-bia-alb"];
    expect(aws("ecs", "wait", "services-stable", ...CLUSTER, ...names).code).toBeUndefined();
  });

  it("names what is not there among the failures, where ECS does so", () => {
    expect(look("ecs", "describe-clusters", "--clusters", "nothing")).toMatchObject({
      clusters: [],
      failures: [{ reason: "MISSING" }],
    });
    expect(look("ecs", "describe-services", ...CLUSTER, "--services", "nothing")).toMatchObject({
      services: [],
      failures: [{ reason: "MISSING" }],
    });
  });

  const createService = (name: string, ...more: readonly string[]) => [
    ...["create-service", ...CLUSTER, "--service-name", name, "--task-definition", "task-def-bia-alb"],
    ...["--desired-count", "1", ...more],
  ];
  const deployment = (maximum: number) => [
    "--deployment-configuration",
    `minimumHealthyPercent=50,maximumPercent=${maximum}`,
  ];
  it.each([
    [["list-services", "--cluster", "nothing"], "ClusterNotFoundException", /Cluster not found/],
    [["describe-services", "--cluster", "nothing", "--services", "x"], "ClusterNotFoundException", /Cluster not found/],
    [
      ["update-service", ...CLUSTER, "--service", "nothing", "--desired-count", "1"],
      "ServiceNotFoundException",
      /not found/,
    ],
    [
      ["describe-task-definition", "--task-definition", "nothing"],
      "ClientException",
      /Unable to describe task definition/,
    ],
    [
      createService("other", ...deployment(100)),
      "InvalidParameterException",
      /Availability Zone Rebalancing does not support maximumPercent <= 100/,
    ],
    [createService("service-bia-alb", ...deployment(200)), "InvalidParameterException", /not idempotent/],
    [
      createService(
        "other",
        ...["--launch-type", "EC2", ...deployment(200)],
        ...["--capacity-provider-strategy", "capacityProvider=capacityProviderCurso117"],
      ),
      "InvalidParameterException",
      /launch type|launchType/,
    ],
    [["delete-service", ...CLUSTER, "--service", "service-bia-alb"], "InvalidParameterException", /scaled above 0/],
    [
      ["delete-cluster", ...CLUSTER],
      /^ClusterContains(Services|Tasks|ContainerInstances)Exception$/,
      /cannot be deleted/,
    ],
    [
      [
        ...["put-cluster-capacity-providers", ...CLUSTER, "--capacity-providers", "[]"],
        ...["--default-capacity-provider-strategy", "[]"],
      ],
      "ResourceInUseException",
      /in use and cannot be removed/,
    ],
    [["describe-task-sets", ...CLUSTER, "--service", "service-bia-alb"], "SandboxNotEmulated", /DescribeTaskSets/],
    [["list-daemons"], "SandboxNotEmulated", /ListDaemons/],
  ])("is refused with AWS's own code and words: %j", (args, code, message) => {
    expect(aws("ecs", ...args)).toMatchObject({
      code: expect.stringMatching(code instanceof RegExp ? code : new RegExp(`^${code}$`)),
      message: expect.stringMatching(message),
    });
  });

  it("is refused a second capacity provider of the same name", () => {
    const group = ask("AutoScalingGroups[0].AutoScalingGroupARN", "autoscaling", "describe-auto-scaling-groups");
    const provider = ["--auto-scaling-group-provider", `autoScalingGroupArn=${group}`];
    const names = ["--name", "capacityProviderCurso117"];
    expect(aws("ecs", "create-capacity-provider", ...names, ...provider)).toMatchObject({
      code: "ClientException",
      message: expect.stringContaining("already exists"),
    });
    expect(aws("ecs", "create-capacity-provider", "--name", "other", ...provider)).toMatchObject({
      code: "ClientException",
      message: expect.stringContaining("already being used by another capacity provider"),
    });
  });
});
