import {
  ApplicationAutoScalingClient,
  DescribeScalingActivitiesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
  type TargetTrackingScalingPolicyConfiguration,
} from "@aws-sdk/client-application-auto-scaling";
import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it, onTestFinished } from "vitest";
import { measure } from "../../../../src/sandbox/world/cloudwatch/metrics.ts";
import { clientConfig } from "../../../support/sandbox.ts";
import {
  addMachines,
  CLUSTER,
  createCluster,
  createService,
  type Ecs,
  ecsOf,
  FAMILY,
  register,
  SERVICE,
  serviceOf,
  settle,
} from "../ecs/fixtures.ts";

const MINUTE = 60_000;
const TARGET = {
  ServiceNamespace: "ecs",
  ResourceId: `service/${CLUSTER}/${SERVICE}`,
  ScalableDimension: "ecs:service:DesiredCount",
} as const;
const METRICS = {
  CPUUtilization: "ECSServiceAverageCPUUtilization",
  MemoryUtilization: "ECSServiceAverageMemoryUtilization",
} as const;
type Metric = keyof typeof METRICS;

interface Tracked extends Ecs {
  readonly scalingOf: ApplicationAutoScalingClient;
}

/** A service of two tasks that run, between 2 and 10, whose processors are to be half busy; at a full minute. */
async function tracked(configuration: Partial<TargetTrackingScalingPolicyConfiguration> = {}): Promise<Tracked> {
  const ecs = await ecsOf();
  const scalingOf = new ApplicationAutoScalingClient({ ...clientConfig(ecs.sandbox), maxAttempts: 1 });
  onTestFinished(() => scalingOf.destroy());
  const at = { ...ecs, scalingOf };
  await createCluster(at, 0);
  addMachines(at, 10);
  await register(at, { containerDefinitions: [{ name: "bia", image: "public.ecr.aws/a/b:1", cpu: 512, memory: 128 }] });
  await createService(at, { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 } });
  await settle(at);
  await bound(at);
  await track(at, "CPUUtilization", configuration);
  await at.world.clock.advance(MINUTE - (at.world.now().getTime() % MINUTE));
  return at;
}

function bound({ scalingOf }: Tracked, input: Partial<RegisterScalableTargetCommandInput> = {}) {
  return scalingOf.send(new RegisterScalableTargetCommand({ ...TARGET, MinCapacity: 2, MaxCapacity: 10, ...input }));
}

function track(
  { scalingOf }: Tracked,
  metric: Metric,
  configuration: Partial<TargetTrackingScalingPolicyConfiguration> = {},
) {
  return scalingOf.send(
    new PutScalingPolicyCommand({
      ...TARGET,
      PolicyName: `by ${metric}`,
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 50,
        PredefinedMetricSpecification: { PredefinedMetricType: METRICS[metric] },
        ...configuration,
      },
    }),
  );
}

/** So many minutes in each of which this was measured. */
async function minutes({ world }: Tracked, count: number, values: Partial<Record<Metric, number>>): Promise<void> {
  const region = world.region("us-east-1");
  const Dimensions = [
    { Name: "ClusterName", Value: CLUSTER },
    { Name: "ServiceName", Value: SERVICE },
  ];
  for (let minute = 0; minute < count; minute++) {
    for (const [MetricName, Sum] of Object.entries(values)) {
      const measured = { Sum, SampleCount: 1, Minimum: Sum, Maximum: Sum, Unit: "Percent" as const };
      measure(region, { Namespace: "AWS/ECS", MetricName, Dimensions }, world.now(), measured);
    }
    await world.clock.advance(MINUTE);
  }
}

const desired = async (at: Tracked) => (await serviceOf(at))?.desiredCount;
const activitiesOf = async ({ scalingOf }: Tracked, IncludeNotScaledActivities?: boolean) =>
  (await scalingOf.send(new DescribeScalingActivitiesCommand({ ServiceNamespace: "ecs", IncludeNotScaledActivities })))
    .ScalingActivities ?? [];

describe("a policy that tracks a target", () => {
  it("scales out in proportion after three minutes, and in after fifteen, and tells why in AWS's words", async () => {
    const at = await tracked();
    await minutes(at, 2, { CPUUtilization: 160 });
    expect(await desired(at)).toBe(2);
    await minutes(at, 1, { CPUUtilization: 160 });
    expect(await desired(at)).toBe(7);
    await settle(at, 30);
    await minutes(at, 14, { CPUUtilization: 1 });
    expect(await desired(at)).toBe(7);
    await minutes(at, 1, { CPUUtilization: 1 });
    expect(await desired(at)).toBe(2);
    await settle(at, 30);

    const alarm = (side: string) => `TargetTracking-${TARGET.ResourceId}-Alarm${side}-[0-9a-f-]{36}`;
    const told = (count: number, side: string) => ({
      ...TARGET,
      Description: `Setting desired count to ${count}.`,
      Cause: expect.stringMatching(`^monitor alarm ${alarm(side)} in state ALARM triggered policy by CPUUtilization$`),
      StatusCode: "Successful",
      StatusMessage: `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`,
    });
    expect(await activitiesOf(at)).toMatchObject([told(2, "Low"), told(7, "High")]);
    const events = (await serviceOf(at))?.events?.map(({ message = "" }) => message) ?? [];
    const event = `^Message: Successfully set desired count to 7. Change successfully fulfilled by ecs. Cause: monitor alarm ${alarm("High")} in state ALARM triggered policy by CPUUtilization$`;
    expect(events).toContainEqual(expect.stringMatching(event));
    expect(events.filter((message) => message.includes("has started 5 tasks"))).toHaveLength(1);
  });

  it("adds no more while what it added takes effect, unless even more is needed, and never more than the most", async () => {
    const at = await tracked();
    await minutes(at, 3, { CPUUtilization: 100 });
    expect(await desired(at)).toBe(4);
    await minutes(at, 1, { CPUUtilization: 100 });
    expect(await desired(at)).toBe(4);
    await minutes(at, 1, { CPUUtilization: 140 });
    expect(await desired(at)).toBe(6);
    await minutes(at, 6, { CPUUtilization: 100 });
    expect(await desired(at)).toBe(10);
    await minutes(at, 7, { CPUUtilization: 100 });
    expect(await desired(at)).toBe(10);
    const [newest] = await activitiesOf(at, true);
    expect(newest).toMatchObject({
      Description: "Attempting to scale due to alarm triggered",
      StatusCode: "Failed",
      NotScaledReasons: [{ Code: "AlreadyAtMaxCapacity", MaxCapacity: 10 }],
    });
    expect((await activitiesOf(at)).map(({ Description }) => Description)).toEqual(
      [10, 6, 4].map((count) => `Setting desired count to ${count}.`),
    );
  });

  it("takes no more away than each of the fifteen minutes could spare, and the rest after a cooldown", async () => {
    const at = await tracked();
    await minutes(at, 3, { CPUUtilization: 200 });
    expect(await desired(at)).toBe(8);
    await settle(at, 30);
    // The count that was right for these is 4.
    await minutes(at, 1, { CPUUtilization: 25 });
    await minutes(at, 14, { CPUUtilization: 0 });
    expect(await desired(at)).toBe(4);
    await settle(at, 30);
    await minutes(at, 3, { CPUUtilization: 0 });
    expect(await desired(at)).toBe(4);
    await minutes(at, 4, { CPUUtilization: 0 });
    expect(await desired(at)).toBe(2);
  });

  it("acts by its own cooldowns, and does nothing that is suspended", async () => {
    const at = await tracked({ ScaleOutCooldown: 90 });
    const suspend = (of: object) => bound(at, { SuspendedState: of });
    await suspend({ DynamicScalingOutSuspended: true, DynamicScalingInSuspended: true });
    await minutes(at, 4, { CPUUtilization: 75 });
    expect(await desired(at)).toBe(2);
    await suspend({ DynamicScalingOutSuspended: false });
    await minutes(at, 1, { CPUUtilization: 75 });
    expect(await desired(at)).toBe(3);
    await minutes(at, 2, { CPUUtilization: 75 });
    expect(await desired(at)).toBe(5);
    await minutes(at, 16, { CPUUtilization: 1 });
    expect(await desired(at)).toBe(5);
    await suspend({ DynamicScalingInSuspended: false });
    await minutes(at, 1, { CPUUtilization: 1 });
    expect(await desired(at)).toBe(2);
  });

  it("scales in where no deployment is under way and all policies agree, and no lower than the least", async () => {
    const at = await tracked();
    await track(at, "MemoryUtilization");
    await minutes(at, 3, { CPUUtilization: 100, MemoryUtilization: 50 });
    expect(await desired(at)).toBe(4);
    await minutes(at, 16, { CPUUtilization: 1, MemoryUtilization: 50 });
    expect(await desired(at)).toBe(4);
    // Its tasks find no place, so it goes on and on.
    await register(at, { containerDefinitions: [{ name: "bia", image: "public.ecr.aws/a/b:2", memory: 4096 }] });
    const roll = (taskDefinition: string) =>
      at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition }));
    await roll(`${FAMILY}:2`);
    await minutes(at, 16, { CPUUtilization: 1, MemoryUtilization: 1 });
    expect(await desired(at)).toBe(4);
    await roll(`${FAMILY}:1`);
    await minutes(at, 2, { CPUUtilization: 1, MemoryUtilization: 1 });
    expect(await desired(at)).toBe(2);
    await minutes(at, 7, { CPUUtilization: 1, MemoryUtilization: 1 });
    const [newest] = await activitiesOf(at, true);
    expect(newest).toMatchObject({ NotScaledReasons: [{ Code: "AlreadyAtMinCapacity", MinCapacity: 2 }] });
  });
});
