import {
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tellLeftovers } from "../../../src/commands/leftovers.ts";
import { type RunningSandbox, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load, type RetailVariables } from "../../../src/variables/index.ts";
import { everything } from "../../support/everything.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";

const PLACE = { region: "us-east-1", target: "sandbox" } as const;
const variables = ofRetail((await load(undefined, "/", "retail")).variables);
const stackWith = (change: Partial<RetailVariables>) => stackOf({ ...variables, ...change }, PLACE);
const stack = stackWith({});
const RESOURCE = "service/retail-store-ecs-cluster/ui";

/** On one sandbox, in this order. */
describe("stage autoscaling of the retail stack", () => {
  let sandbox: RunningSandbox;
  let clients: ReturnType<typeof clientsOf>;
  let before: unknown;

  beforeAll(async () => {
    sandbox = await startSandbox({ delays: "none" });
    clients = clientsOf(sandbox);
    before = await everything(sandbox);
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
  }, 60_000);

  afterAll(async () => {
    clients.close();
    await sandbox.close();
  });

  const service = () =>
    sandbox.world
      .region("us-east-1")
      .ecs.services.all()
      .find(({ serviceName }) => serviceName === "ui");
  const scale = (desiredCount: number) =>
    clients.ecs.send(new UpdateServiceCommand({ cluster: "retail-store-ecs-cluster", service: "ui", desiredCount }));
  const changesOf = async (of = stack) =>
    (await planOn(sandbox, { stack: of })).tasks.filter(({ verdict }) => verdict !== "unchanged");

  it("makes what the lab makes, value for value", async () => {
    const ServiceNamespace = "ecs";
    const { ScalableTargets } = await clients.applicationAutoScaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace }),
    );
    expect(ScalableTargets).toMatchObject([
      { ResourceId: RESOURCE, ScalableDimension: "ecs:service:DesiredCount", MinCapacity: 2, MaxCapacity: 10 },
    ]);
    const { ScalingPolicies } = await clients.applicationAutoScaling.send(
      new DescribeScalingPoliciesCommand({ ServiceNamespace }),
    );
    expect(ScalingPolicies).toMatchObject([
      {
        PolicyName: "ui-scaling-policy",
        PolicyType: "TargetTrackingScaling",
        ResourceId: RESOURCE,
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 1500,
          PredefinedMetricSpecification: {
            PredefinedMetricType: "ALBRequestCountPerTarget",
            ResourceLabel: expect.stringMatching(
              /^app\/retail-store-ecs-ui\/[0-9a-f]{16}\/targetgroup\/ui-application\/[0-9a-f]{16}$/,
            ),
          },
        },
      },
    ]);
    expect(ScalingPolicies?.[0]?.TargetTrackingScalingPolicyConfiguration).not.toHaveProperty("ScaleInCooldown");
    const { MetricAlarms } = await clients.cloudWatch.send(new DescribeAlarmsCommand({}));
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
  });

  it("trap 6 of the retail stack: a count that was scaled is no drift, and stays through a create and a new revision", async () => {
    await scale(7);
    expect(await changesOf()).toEqual([]);
    const revision = () => Number(service()?.taskDefinition.split(":").at(-1));
    const next = revision() + 1;
    const updated = stackWith({ ui: { ...variables.ui, banner: "Sale" } });
    expect(unfinished(await createOn(sandbox, { stack: updated }))).toEqual([]);
    expect([service()?.desiredCount, revision()]).toEqual([7, next]);
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
    expect(service()?.desiredCount).toBe(7);
  });

  it("is told by a status with its bounds, its alarms and what was done last, and is not left over", async () => {
    const { tasks, events } = await planOn(sandbox, {
      stack,
      after: (session, outcomes) => tellLeftovers(session, Promise.resolve(outcomes)),
    });
    const details = new Map(tasks.map(({ id, detail }) => [id, detail]));
    expect(details.get("ui-scalable-target")).toMatch(/^2 to 10 tasks/);
    expect(details.get("ui-scaling-policy")).toMatch(/^ALBRequestCountPerTarget at 1500, AlarmHigh \w+, AlarmLow \w+$/);
    expect(events.filter(({ type }) => type === "message")).toEqual([]);
  });

  it("follows the variables: bounds, metric and value", async () => {
    const other = {
      ...variables.autoscaling,
      max: 5,
      metric: "ECSServiceAverageCPUUtilization",
      targetValue: 60,
    } as const;
    const changed = stackWith({ autoscaling: other });
    expect((await changesOf(changed)).map(({ id, changes }) => [id, changes?.map(({ field }) => field)])).toEqual([
      ["ui-scalable-target", ["maxCapacity"]],
      ["ui-scaling-policy", ["metric", "targetValue", "resourceLabel"]],
    ]);
    expect(unfinished(await createOn(sandbox, { stack: changed }))).toEqual([]);
    // What is above the new bound comes down at once.
    expect(service()?.desiredCount).toBe(5);
    expect(await changesOf(changed)).toEqual([]);
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
  });

  it("goes by itself, and the count is the service's own again", async () => {
    await destroyOn(sandbox, { stack, stage: ["autoscaling"] });
    expect(service()).toMatchObject({ status: "ACTIVE", desiredCount: 5 });
    expect(await changesOf()).toMatchObject([
      { id: "ui-service", changes: [{ field: "desiredCount", from: "5", to: "2" }] },
      { id: "ui-scalable-target", verdict: "create" },
      { id: "ui-scaling-policy", verdict: "create" },
    ]);
  });

  it("goes before the service, and leaves nothing", async () => {
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
    const { tasks } = await destroyOn(sandbox, { stack });
    expect(tasks.find(({ id }) => id === "ui-scaling-policy")).toMatchObject({ verdict: "remove" });
    expect(await everything(sandbox)).toEqual(before);
    expect(new Set(Object.values(verdicts(await destroyOn(sandbox, { stack }))))).toEqual(new Set(["absent"]));
  });
});
