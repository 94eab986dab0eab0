import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  type PutScalingPolicyCommandInput,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { DeleteServiceCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import { clientConfig } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";
import {
  CLUSTER,
  createCluster,
  createService,
  createTargetGroup,
  type Ecs,
  ecsOf,
  register,
  SERVICE,
  serviceOf,
  settle,
} from "../ecs/fixtures.ts";

const ResourceId = `service/${CLUSTER}/${SERVICE}`;
const TARGET = { ServiceNamespace: "ecs", ResourceId, ScalableDimension: "ecs:service:DesiredCount" } as const;
const CPU = { PredefinedMetricType: "ECSServiceAverageCPUUtilization" } as const;

interface Scaled extends Ecs {
  readonly scalingOf: ApplicationAutoScalingClient;
}

/** A service of two tasks that do not start, for want of instances; behind a target group if one is named. */
async function scaled({
  targetGroupArn,
  ...options
}: SandboxOptions & { targetGroupArn?: true } = {}): Promise<Scaled> {
  const at = await ecsOf(options);
  const scalingOf = new ApplicationAutoScalingClient({ ...clientConfig(at.sandbox), maxAttempts: 1 });
  onTestFinished(() => scalingOf.destroy());
  await createCluster(at, 0);
  await register(at);
  const group = targetGroupArn ? await createTargetGroup(at) : undefined;
  const loadBalancers = group ? [{ targetGroupArn: group, containerName: "bia", containerPort: 8080 }] : [];
  await createService(at, { loadBalancers });
  return { ...at, scalingOf };
}

function registerTarget({ scalingOf }: Scaled, input: Partial<RegisterScalableTargetCommandInput> = {}) {
  return scalingOf.send(new RegisterScalableTargetCommand({ ...TARGET, MinCapacity: 2, MaxCapacity: 10, ...input }));
}

function putPolicy({ scalingOf }: Scaled, input: Partial<PutScalingPolicyCommandInput> = {}) {
  return scalingOf.send(
    new PutScalingPolicyCommand({
      ...TARGET,
      PolicyName: "ui-scaling-policy",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 70, PredefinedMetricSpecification: CPU },
      ...input,
    }),
  );
}

const targetsOf = async ({ scalingOf }: Scaled) =>
  (await scalingOf.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }))).ScalableTargets ?? [];
const policiesOf = async ({ scalingOf }: Scaled) =>
  (await scalingOf.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: "ecs" }))).ScalingPolicies ?? [];
const activitiesOf = async ({ scalingOf }: Scaled) =>
  (await scalingOf.send(new DescribeScalingActivitiesCommand({ ServiceNamespace: "ecs", ResourceId })))
    .ScalingActivities ?? [];
const alarmsOf = ({ world }: Scaled) => world.region("us-east-1").cloudwatch.alarms.all();

describe("a scalable target", () => {
  it("is described with its bounds, and the role that Application Auto Scaling makes for itself", async () => {
    const at = await scaled();
    const { ScalableTargetARN } = await registerTarget(at);
    const { Role } = await at.iam.send(
      new GetRoleCommand({ RoleName: "AWSServiceRoleForApplicationAutoScaling_ECSService" }),
    );
    expect(ScalableTargetARN).toMatch(/^arn:aws:application-autoscaling:us-east-1:\d{12}:scalable-target\/[0-9a-f]+$/);
    expect(await targetsOf(at)).toEqual([
      {
        ...TARGET,
        ScalableTargetARN,
        MinCapacity: 2,
        MaxCapacity: 10,
        RoleARN: Role?.Arn,
        CreationTime: at.world.now(),
        SuspendedState: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
      },
    ]);
  });

  it("keeps what an update says nothing of", async () => {
    const at = await scaled();
    await registerTarget(at);
    await at.scalingOf.send(
      new RegisterScalableTargetCommand({ ...TARGET, SuspendedState: { DynamicScalingInSuspended: true } }),
    );
    await at.scalingOf.send(new RegisterScalableTargetCommand({ ...TARGET, MaxCapacity: 4 }));
    expect(await targetsOf(at)).toMatchObject([
      {
        MinCapacity: 2,
        MaxCapacity: 4,
        SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: false },
      },
    ]);
  });

  it("moves the desired count into its bounds at once, and tells so when as many tasks run", async () => {
    const at = await scaled();
    await registerTarget(at, { MinCapacity: 3 });
    expect(await serviceOf(at)).toMatchObject({ desiredCount: 3 });
    expect(await activitiesOf(at)).toMatchObject([
      {
        ...TARGET,
        Description: "Setting desired count to 3.",
        Cause: "minimum capacity was set to 3",
        StatusCode: "InProgress",
        StatusMessage: "Successfully set desired count to 3. Waiting for change to be fulfilled by ecs.",
      },
    ]);
    await registerTarget(at, { MinCapacity: 0, MaxCapacity: 0 });
    expect(await serviceOf(at)).toMatchObject({ desiredCount: 0 });
    await settle(at);
    expect(await activitiesOf(at)).toMatchObject([
      {
        Cause: "maximum capacity was set to 0",
        StatusCode: "Successful",
        StatusMessage: "Successfully set desired count to 0. Change successfully fulfilled by ecs.",
      },
      { Cause: "minimum capacity was set to 3", StatusCode: "Overridden" },
    ]);
  });

  it("lets others set the desired count out of its bounds", async () => {
    const at = await scaled();
    await registerTarget(at);
    await at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, desiredCount: 1 }));
    await settle(at);
    expect(await serviceOf(at)).toMatchObject({ desiredCount: 1 });
  });

  it("is refused for a service that is not there, or not seen yet", async () => {
    const at = await scaled({ delays: "real" });
    const words = `ValidationException: ECS service doesn't exist: ${ResourceId}`;
    expect(await refusal(registerTarget(at))).toBe(words);
    await at.world.clock.advance(at.world.delay("service visible to scaling"));
    await registerTarget(at);
    expect(await refusal(registerTarget(at, { ResourceId: `service/${CLUSTER}/other` }))).toBe(
      `ValidationException: ECS service doesn't exist: service/${CLUSTER}/other`,
    );
  });

  it.each<[string, Partial<RegisterScalableTargetCommandInput>, string]>([
    ["without bounds", { MinCapacity: undefined }, "ValidationException: Minimum capacity must be specified"],
    [
      "with bounds the wrong way round",
      { MinCapacity: 3, MaxCapacity: 2 },
      "ValidationException: Maximum capacity cannot be less than minimum capacity",
    ],
    ["below nothing", { MinCapacity: -1 }, "ValidationException: Minimum capacity cannot be less than 0"],
    [
      "of a name that is none",
      { ResourceId: SERVICE },
      "ValidationException: Unsupported service namespace, resource type or scalable dimension",
    ],
    [
      "of other things than services",
      { ServiceNamespace: "dynamodb" },
      "SandboxNotEmulated: The sandbox does not emulate scalable targets of the namespace dynamodb. On AWS it exists.",
    ],
    [
      "with too long a tag",
      { Tags: { k: "v".repeat(257) } },
      expect.stringContaining("ValidationException: 1 validation error detected: Value '{k=vvv"),
    ],
  ])("is refused %s", async (_, input, said) => {
    expect(await refusal(registerTarget(await scaled(), input))).toEqual(said);
  });

  it("has tags from its first registration and from calls for tags alone", async () => {
    const at = await scaled();
    const { ScalableTargetARN: ResourceARN } = await registerTarget(at, { Tags: { team: "a", gone: "" } });
    const again = registerTarget(at, { Tags: { team: "b" } });
    expect(await refusal(again)).toBe(
      "ValidationException: The scalable target that you tried to tag already exists. To update tags on an existing scalable target, use the TagResource API.",
    );
    await at.scalingOf.send(new TagResourceCommand({ ResourceARN, Tags: { team: "c", stack: "retail" } }));
    await at.scalingOf.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["gone"] }));
    const { Tags } = await at.scalingOf.send(new ListTagsForResourceCommand({ ResourceARN }));
    expect(Tags).toEqual({ team: "c", stack: "retail" });
    const other = { ResourceARN: `${ResourceARN}0` };
    expect(await refusal(at.scalingOf.send(new ListTagsForResourceCommand(other)))).toMatch(
      /^ResourceNotFoundException: /,
    );
  });

  it("takes its policies and their alarms with it, and goes with its service", async () => {
    const at = await scaled();
    await registerTarget(at);
    await putPolicy(at);
    await at.scalingOf.send(new DeregisterScalableTargetCommand(TARGET));
    expect([await targetsOf(at), await policiesOf(at), alarmsOf(at)]).toEqual([[], [], []]);

    await registerTarget(at);
    await putPolicy(at);
    await at.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: SERVICE, force: true }));
    await settle(at);
    expect([await targetsOf(at), await policiesOf(at), alarmsOf(at)]).toEqual([[], [], []]);
    expect(await refusal(at.scalingOf.send(new DeregisterScalableTargetCommand(TARGET)))).toBe(
      `ObjectNotFoundException: No scalable target found for service namespace: ecs, resource ID: ${ResourceId}, scalable dimension: ecs:service:DesiredCount`,
    );
  });
});

describe("a policy that tracks a target", () => {
  it("makes two alarms, above the target and a tenth below it", async () => {
    const at = await scaled();
    await registerTarget(at);
    const { PolicyARN = "", Alarms = [] } = await putPolicy(at);
    expect(PolicyARN).toMatch(
      new RegExp(
        `^arn:aws:autoscaling:us-east-1:\\d{12}:scalingPolicy:[0-9a-f-]{36}:resource/ecs/${ResourceId}:policyName/ui-scaling-policy$`,
      ),
    );
    expect(Alarms.map(({ AlarmName }) => AlarmName)).toEqual([
      expect.stringMatching(`^TargetTracking-${ResourceId}-AlarmHigh-[0-9a-f-]{36}$`),
      expect.stringMatching(`^TargetTracking-${ResourceId}-AlarmLow-[0-9a-f-]{36}$`),
    ]);
    const metric = { Namespace: "AWS/ECS", MetricName: "CPUUtilization", Statistic: "Average", Period: 60 };
    expect(alarmsOf(at)).toMatchObject([
      { ...metric, Threshold: 70, ComparisonOperator: "GreaterThanThreshold", EvaluationPeriods: 3 },
      { ...metric, Threshold: 63, ComparisonOperator: "LessThanThreshold", EvaluationPeriods: 15 },
    ]);
    expect(alarmsOf(at)[0]).toMatchObject({
      Dimensions: [
        { Name: "ClusterName", Value: CLUSTER },
        { Name: "ServiceName", Value: SERVICE },
      ],
      AlarmActions: [expect.stringContaining(`${PolicyARN}:createdBy/`)],
      StateValue: "INSUFFICIENT_DATA",
    });
    expect(await policiesOf(at)).toEqual([
      {
        ...TARGET,
        PolicyARN,
        PolicyName: "ui-scaling-policy",
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: { TargetValue: 70, PredefinedMetricSpecification: CPU },
        Alarms,
        CreationTime: at.world.now(),
      },
    ]);
  });

  it("is the same one after another put, with alarms of other names", async () => {
    const at = await scaled();
    await registerTarget(at);
    const first = await putPolicy(at);
    const TargetTrackingScalingPolicyConfiguration = {
      TargetValue: 50,
      DisableScaleIn: true,
      PredefinedMetricSpecification: CPU,
    };
    const second = await putPolicy(at, { TargetTrackingScalingPolicyConfiguration });
    expect(second.PolicyARN).toBe(first.PolicyARN);
    expect(alarmsOf(at)).toMatchObject([{ AlarmName: second.Alarms?.[0]?.AlarmName, Threshold: 50 }]);
    expect(first.Alarms).not.toContainEqual(second.Alarms?.[0]);
  });

  it("looks at the requests per target of a group that the service is in", async () => {
    const at = await scaled({ targetGroupArn: true });
    await registerTarget(at);
    const [group] = at.world.region("us-east-1").elbv2.targetGroups.all();
    const balancer = group?.LoadBalancerArns[0]?.split(":loadbalancer/")[1];
    const TargetGroup = group?.TargetGroupArn.split(":").at(-1);
    const track = (ResourceLabel?: string) =>
      putPolicy(at, {
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 1500,
          PredefinedMetricSpecification: { PredefinedMetricType: "ALBRequestCountPerTarget", ResourceLabel },
        },
      });
    expect(await refusal(track())).toBe(
      "ValidationException: Resource label should be specified for predefined metric type ALBRequestCountPerTarget",
    );
    expect(await refusal(track(TargetGroup))).toBe(
      `ValidationException: Invalid resource label '${TargetGroup}' for predefined metric type ALBRequestCountPerTarget`,
    );
    expect(await refusal(track(`${balancer}/targetgroup/other/0`))).toBe(
      `ValidationException: Target group targetgroup/other/0 is not attached to resource ${ResourceId}`,
    );
    await track(`${balancer}/${TargetGroup}`);
    expect(alarmsOf(at)).toMatchObject([
      {
        Namespace: "AWS/ApplicationELB",
        MetricName: "RequestCountPerTarget",
        Statistic: "Sum",
        Threshold: 1500,
        Dimensions: [
          { Name: "LoadBalancer", Value: balancer },
          { Name: "TargetGroup", Value: TargetGroup },
        ],
      },
      { Threshold: 1350 },
    ]);
  });

  it("is refused without a target, and beside another one for the same metric", async () => {
    const at = await scaled();
    expect(await refusal(putPolicy(at))).toBe(
      `ObjectNotFoundException: No scalable target registered for service namespace: ecs, resource ID: ${ResourceId}, scalable dimension: ecs:service:DesiredCount`,
    );
    await registerTarget(at);
    await putPolicy(at);
    expect(await refusal(putPolicy(at, { PolicyName: "another" }))).toBe(
      "ValidationException: Only one TargetTrackingScaling policy for a given metric specification is allowed.",
    );
    expect(await refusal(putPolicy(at, { PolicyName: "steps", PolicyType: undefined }))).toBe(
      "SandboxNotEmulated: The sandbox does not emulate scaling policies of the type StepScaling. On AWS it exists.",
    );
  });

  it("is deleted once, with its alarms", async () => {
    const at = await scaled();
    await registerTarget(at);
    await putPolicy(at);
    const remove = () =>
      at.scalingOf.send(new DeleteScalingPolicyCommand({ ...TARGET, PolicyName: "ui-scaling-policy" }));
    await remove();
    expect([await policiesOf(at), alarmsOf(at)]).toEqual([[], []]);
    expect(await refusal(remove())).toBe(
      `ObjectNotFoundException: No scaling policy found for service namespace: ecs, resource ID: ${ResourceId}, scalable dimension: ecs:service:DesiredCount, policy name: ui-scaling-policy`,
    );
  });
});
