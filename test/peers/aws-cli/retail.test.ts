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

let sandbox: Started | undefined;
const { aws, look, ask } = awsCli(() => sandbox?.env ?? {});

// Each call is a program of its own, which takes seconds to start.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** What the labs of the workshop look at, on stack retail. In this order. */
describeOnAwsCli("the aws CLI on the whole stack retail", () => {
  beforeAll(async () => {
    if (!inject("awsCli")) return;
    sandbox = await started({ BIA_SANDBOX_DELAYS: "none" });
    const { code, stderr } = await sandbox.run("create", "--stack", "retail", "--all");
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => sandbox?.stop());

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
