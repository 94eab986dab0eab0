import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { awsCli, describeOnAwsCli } from "./aws.ts";
import { type Started, started } from "./started.ts";

const CLUSTER = ["--cluster", "retail-store-ecs-cluster"];
const RESOURCE = "service/retail-store-ecs-cluster/ui";
const COUNT = [
  ...["--service-namespace", "ecs", "--scalable-dimension", "ecs:service:DesiredCount"],
  ...["--resource-id", RESOURCE],
];
const SCALING = "application-autoscaling";
/** The user interface alone: later labs give it other services, and deployments and revisions by their links. */
const LABS = ["network", "fundamentals", "autoscaling", "observability"].flatMap((stage) => ["--stage", stage]);

let sandbox: Started | undefined;
const { aws, look, ask } = awsCli(() => sandbox?.env ?? {});

// Each call is a program of its own, which takes seconds to start.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** What the labs of the workshop look at, on stack retail. In this order. */
describeOnAwsCli("the aws CLI on stack retail", () => {
  beforeAll(async () => {
    if (!inject("awsCli")) return;
    sandbox = await started({ BIA_SANDBOX_DELAYS: "none" });
    const { code, stderr } = await sandbox.run("create", "--stack", "retail", ...LABS);
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => sandbox?.stop());

  it("finds Container Insights on, their log group ours, and metrics of the service soon", async () => {
    const { clusters } = look(
      "ecs",
      "describe-clusters",
      "--clusters",
      "retail-store-ecs-cluster",
      "--include",
      "SETTINGS",
    );
    expect(clusters[0].settings).toEqual([{ name: "containerInsights", value: "enabled" }]);
    const named = ["--log-group-name-prefix", "/aws/ecs/containerinsights/"];
    expect(look("logs", "describe-log-groups", ...named).logGroups).toMatchObject([{ retentionInDays: 7 }]);
    const list = [
      "cloudwatch",
      "list-metrics",
      "--namespace",
      "ECS/ContainerInsights",
      "--metric-name",
      "MemoryUtilized",
    ];
    const service = { Name: "ServiceName", Value: "ui" };
    await expect
      .poll(() => look(...list).Metrics, { timeout: 120_000, interval: 5_000 })
      .toContainEqual(expect.objectContaining({ Dimensions: expect.arrayContaining([service]) }));
  });

  it("sees two healthy tasks on Fargate, each with an interface of its own, which is a healthy target", () => {
    const { taskArns } = look("ecs", "list-tasks", ...CLUSTER, "--service-name", "ui");
    const { tasks } = look("ecs", "describe-tasks", ...CLUSTER, "--tasks", ...taskArns);
    const detail = (name: string, value: unknown) => ({ name, value: expect.stringMatching(value as RegExp) });
    const task = {
      group: "service:ui",
      launchType: "FARGATE",
      lastStatus: "RUNNING",
      healthStatus: "HEALTHY",
      platformVersion: "1.4.0",
      connectivity: "CONNECTED",
      startedBy: expect.stringMatching(/^ecs-svc\/\d+$/),
      attachments: [
        {
          type: "ElasticNetworkInterface",
          status: "ATTACHED",
          details: expect.arrayContaining([
            detail("subnetId", /^subnet-/),
            detail("networkInterfaceId", /^eni-/),
            detail("macAddress", /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
            detail("privateDnsName", /^ip-10-0-[34]-\d+\.ec2\.internal$/),
            detail("privateIPv4Address", /^10\.0\.[34]\.\d+$/),
          ]),
        },
      ],
    };
    expect(tasks).toMatchObject([task, task]);
    const digests = tasks.map(({ containers }: { containers: [{ imageDigest: string }] }) => containers[0].imageDigest);
    expect(digests).toEqual([digests[0], digests[0]]);
    type Detail = { name: string; value: string };
    const addresses = tasks.map(
      ({ attachments }: { attachments: [{ details: Detail[] }] }) =>
        attachments[0].details.find(({ name }) => name === "privateIPv4Address")?.value,
    );
    const group = ask("TargetGroups[0].TargetGroupArn", "elbv2", "describe-target-groups", "--names", "ui-application");
    const { TargetHealthDescriptions } = look("elbv2", "describe-target-health", "--target-group-arn", group);
    type Health = { Target: { Id: string; Port: number }; TargetHealth: { State: string } };
    const health = TargetHealthDescriptions.map(({ Target, TargetHealth }: Health) => [
      Target.Id,
      Target.Port,
      TargetHealth.State,
    ]);
    expect(health.sort()).toEqual(addresses.sort().map((address: string) => [address, 8080, "healthy"]));
  });

  it("runs a task of its own on Fargate and stops it, which tells why", () => {
    const { services } = look("ecs", "describe-services", ...CLUSTER, "--services", "ui");
    const [{ taskDefinition, networkConfiguration }] = services;
    const network = ["--network-configuration", JSON.stringify(networkConfiguration)];
    const run = ["ecs", "run-task", ...CLUSTER, "--launch-type", "FARGATE", "--task-definition", taskDefinition];
    const { tasks, failures } = look(...run, ...network, "--started-by", "by-hand");
    expect(failures).toEqual([]);
    expect(tasks).toMatchObject([{ launchType: "FARGATE", platformVersion: "1.4.0", startedBy: "by-hand" }]);
    const [{ taskArn }] = tasks;
    look("ecs", "stop-task", ...CLUSTER, "--task", taskArn, "--reason", "enough");
    look("ecs", "wait", "tasks-stopped", ...CLUSTER, "--tasks", taskArn);
    expect(look("ecs", "describe-tasks", ...CLUSTER, "--tasks", taskArn).tasks).toMatchObject([
      { lastStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough" },
    ]);
    expect(aws("ecs", ...run.slice(1))).toMatchObject({
      code: "InvalidParameterException",
      message: expect.stringContaining("Network Configuration must be provided"),
    });
  });

  it("sees what was deployed, of which revision, and settings that can be changed", () => {
    const service = ["--service", "ui"];
    const { serviceDeployments } = look("ecs", "list-service-deployments", ...CLUSTER, ...service);
    expect(serviceDeployments).toMatchObject([{ status: "SUCCESSFUL" }]);
    const [{ serviceDeploymentArn, targetServiceRevisionArn }] = serviceDeployments;
    const of = ["--service-deployment-arns", serviceDeploymentArn];
    expect(look("ecs", "describe-service-deployments", ...of).serviceDeployments).toMatchObject([
      { status: "SUCCESSFUL", targetServiceRevision: { arn: targetServiceRevisionArn } },
    ]);
    const revision = ["--service-revision-arns", targetServiceRevisionArn];
    expect(look("ecs", "describe-service-revisions", ...revision).serviceRevisions).toMatchObject([
      { launchType: "FARGATE", taskDefinition: expect.stringMatching(/retail-store-ecs-ui:1$/) },
    ]);
    const insights = (value: string) =>
      look(
        ...["ecs", "update-cluster-settings", "--cluster", "retail-store-ecs-cluster"],
        ...["--settings", `name=containerInsights,value=${value}`],
      ).cluster.settings;
    for (const value of ["enabled", "disabled"])
      expect(insights(value)).toEqual([{ name: "containerInsights", value }]);
  });

  it("takes a revision out of use, and then away", () => {
    const { taskDefinition } = look("ecs", "describe-task-definition", "--task-definition", "retail-store-ecs-ui");
    const { containerDefinitions, executionRoleArn } = taskDefinition;
    expect(containerDefinitions[0].logConfiguration.options).toEqual({
      "awslogs-group": "retail-store-ecs-tasks",
      "awslogs-region": "us-east-1",
      "awslogs-stream-prefix": "ui-service",
      mode: "non-blocking",
    });
    const on = [
      "--requires-compatibilities",
      "FARGATE",
      "--network-mode",
      "awsvpc",
      "--cpu",
      "1024",
      "--memory",
      "2048",
    ];
    const containers = ["--container-definitions", JSON.stringify(containerDefinitions)];
    const made = ["--family", "by-hand", ...on, ...containers, "--execution-role-arn", executionRoleArn];
    look("ecs", "register-task-definition", ...made);
    expect(look("ecs", "list-task-definition-families", "--family-prefix", "by-hand").families).toEqual(["by-hand"]);
    const revision = ["--task-definition", "by-hand:1"];
    expect(look("ecs", "deregister-task-definition", ...revision).taskDefinition.status).toBe("INACTIVE");
    const deleted = look("ecs", "delete-task-definitions", "--task-definitions", "by-hand:1");
    expect(deleted).toMatchObject({ taskDefinitions: [{ status: "DELETE_IN_PROGRESS" }], failures: [] });
  });

  it("registers an address with the target group and takes it out again", () => {
    const group = ask("TargetGroups[0].TargetGroupArn", "elbv2", "describe-target-groups", "--names", "ui-application");
    const of = ["--target-group-arn", group, "--targets", "Id=10.0.3.250,Port=8080"];
    look("elbv2", "register-targets", ...of);
    const state = () => look("elbv2", "describe-target-health", ...of).TargetHealthDescriptions[0].TargetHealth;
    expect(["initial", "unhealthy"]).toContain(state().State);
    look("elbv2", "deregister-targets", ...of);
    expect(["draining", "unused"]).toContain(state().State);
    const instance = ["--target-group-arn", group, "--targets", "Id=i-00000000000000000"];
    expect(aws("elbv2", "register-targets", ...instance).code).toBe("ValidationError");
  });

  it("gives a role an inline policy, reads it and takes it away", () => {
    const role = ["--role-name", "retailStoreEcsTaskRole"];
    expect(look("iam", "list-role-policies", ...role).PolicyNames).toEqual(["ecs-exec"]);
    const Statement = [{ Effect: "Allow", Action: "dynamodb:Query", Resource: "*" }];
    const policy = { Version: "2012-10-17", Statement };
    const named = [...role, "--policy-name", "by-hand"];
    look("iam", "put-role-policy", ...named, "--policy-document", JSON.stringify(policy));
    expect(look("iam", "get-role-policy", ...named).PolicyDocument).toEqual(policy);
    look("iam", "delete-role-policy", ...named);
    expect(aws("iam", "get-role-policy", ...named).code).toBe("NoSuchEntity");
  });

  it("knows the quotas that hurt", () => {
    const quota = (service: string, code: string) =>
      look("service-quotas", "get-service-quota", "--service-code", service, "--quota-code", code).Quota;
    expect(quota("fargate", "L-3032A538")).toMatchObject({ Value: 32, Adjustable: true });
    expect(quota("ec2", "L-0263D0A3").Value).toBe(5);
    const { Quotas } = look("service-quotas", "list-service-quotas", "--service-code", "vpc");
    const codes = Quotas.map(({ QuotaCode }: { QuotaCode: string }) => QuotaCode);
    expect(codes).toEqual(expect.arrayContaining(["L-F678F1CE", "L-FE5A380F"]));
  });

  it("sees the scalable target, its policy and the two alarms, value for value", () => {
    const { ScalableTargets } = look(SCALING, "describe-scalable-targets", "--service-namespace", "ecs");
    const suspended = ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"];
    expect(ScalableTargets).toMatchObject([
      {
        ResourceId: RESOURCE,
        ScalableDimension: "ecs:service:DesiredCount",
        MinCapacity: 2,
        MaxCapacity: 10,
        RoleARN: expect.stringMatching(/AWSServiceRoleForApplicationAutoScaling_ECSService$/),
        SuspendedState: Object.fromEntries(suspended.map((name) => [name, false])),
      },
    ]);
    const { ScalingPolicies } = look(SCALING, "describe-scaling-policies", "--service-namespace", "ecs");
    expect(ScalingPolicies).toMatchObject([
      {
        PolicyName: "ui-scaling-policy",
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 1500,
          PredefinedMetricSpecification: {
            PredefinedMetricType: "ALBRequestCountPerTarget",
            ResourceLabel: expect.stringMatching(
              /^app\/retail-store-ecs-ui\/\w{16}\/targetgroup\/ui-application\/\w{16}$/,
            ),
          },
        },
      },
    ]);
    const prefix = `TargetTracking-${RESOURCE}-Alarm`;
    const { MetricAlarms } = look("cloudwatch", "describe-alarms", "--alarm-name-prefix", prefix);
    const alarm = {
      Namespace: "AWS/ApplicationELB",
      MetricName: "RequestCountPerTarget",
      Statistic: "Sum",
      Period: 60,
    };
    expect(MetricAlarms).toMatchObject([
      { ...alarm, ComparisonOperator: "GreaterThanThreshold", Threshold: 1500, EvaluationPeriods: 3 },
      { ...alarm, ComparisonOperator: "LessThanThreshold", Threshold: 1350, EvaluationPeriods: 15 },
    ]);
    expect(MetricAlarms[0].AlarmName).toMatch(
      /^TargetTracking-service\/retail-store-ecs-cluster\/ui-AlarmHigh-[0-9a-f-]{36}$/,
    );
  });

  it("moves the bounds, which moves the count at once, and lists that as an activity", () => {
    look(SCALING, "register-scalable-target", ...COUNT, "--min-capacity", "3");
    expect(
      ask("join('', services[].to_string(desiredCount))", "ecs", "describe-services", ...CLUSTER, "--services", "ui"),
    ).toBe("3");
    const { ScalingActivities } = look(SCALING, "describe-scaling-activities", "--service-namespace", "ecs");
    expect(ScalingActivities[0]).toMatchObject({
      ResourceId: RESOURCE,
      Description: "Setting desired count to 3.",
      Cause: "minimum capacity was set to 3",
      StatusCode: expect.stringMatching(/^(InProgress|Successful)$/),
    });
  });

  it("tags the target, and is refused to do so by registering it again", () => {
    const arn = ask(
      "ScalableTargets[0].ScalableTargetARN",
      SCALING,
      "describe-scalable-targets",
      "--service-namespace",
      "ecs",
    );
    const target = ["--resource-arn", arn];
    const tags = () => look(SCALING, "list-tags-for-resource", ...target).Tags;
    const ours = { "bia-infra:stack": "retail", "bia-infra:task": "ui-scalable-target" };
    expect(tags()).toEqual(ours);
    aws(SCALING, "tag-resource", ...target, "--tags", "team=shop");
    expect(tags()).toEqual({ ...ours, team: "shop" });
    aws(SCALING, "untag-resource", ...target, "--tag-keys", "team");
    expect(tags()).toEqual(ours);
    expect(aws(SCALING, "register-scalable-target", ...COUNT, "--tags", "team=shop")).toMatchObject({
      code: "ValidationException",
      message: expect.stringContaining("already exists"),
    });
  });

  it("puts a policy, and deletes both with their alarms", () => {
    const cpu = {
      TargetValue: 60,
      PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" },
    };
    const configuration = ["--target-tracking-scaling-policy-configuration", JSON.stringify(cpu)];
    const { Alarms } = look(
      ...[SCALING, "put-scaling-policy", ...COUNT, "--policy-name", "cpu"],
      ...["--policy-type", "TargetTrackingScaling", ...configuration],
    );
    expect(Alarms).toHaveLength(2);
    const alarms = () => look("cloudwatch", "describe-alarms").MetricAlarms.length;
    expect(alarms()).toBe(4);
    aws(SCALING, "delete-scaling-policy", ...COUNT, "--policy-name", "cpu");
    expect(alarms()).toBe(2);
    aws(SCALING, "deregister-scalable-target", ...COUNT);
    expect(alarms()).toBe(0);
    expect(look(SCALING, "describe-scaling-policies", "--service-namespace", "ecs").ScalingPolicies).toEqual([]);
  });
});
