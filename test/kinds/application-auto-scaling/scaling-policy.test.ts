import {
  PutScalingPolicyCommand,
  type TargetTrackingScalingPolicyConfiguration,
} from "@aws-sdk/client-application-auto-scaling";
import { DeleteAlarmsCommand, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { alarmNamed, type ScalingPolicy } from "../../../src/kinds/application-auto-scaling/scaling-policy.ts";
import { clientsOf, createOn, destroyOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { addService, COUNT, scalingStack } from "./stack.ts";

const only = "policy";
const stack = scalingStack();
const CPU = { PredefinedMetricType: "ECSServiceAverageCPUUtilization" } as const;

function put(
  { applicationAutoScaling }: AwsClients,
  change: Partial<TargetTrackingScalingPolicyConfiguration>,
  PolicyName = "busy",
) {
  const TargetTrackingScalingPolicyConfiguration = { TargetValue: 70, PredefinedMetricSpecification: CPU, ...change };
  const policy = { ...COUNT, PolicyName, PolicyType: "TargetTrackingScaling" } as const;
  return applicationAutoScaling.send(
    new PutScalingPolicyCommand({ ...policy, TargetTrackingScalingPolicyConfiguration }),
  );
}

function changed(field: RegExp, change: Partial<TargetTrackingScalingPolicyConfiguration>): Drift {
  return { field, make: (aws) => put(aws, change) };
}

const alarmNames = async ({ cloudWatch }: AwsClients) =>
  ((await cloudWatch.send(new DescribeAlarmsCommand({}))).MetricAlarms ?? []).map(({ AlarmName = "" }) => AlarmName);

describeContract({
  task: only,
  stack,
  prepare: addService,
  drifts: {
    "another value": changed(/^targetValue$/, { TargetValue: 50 }),
    "another metric": changed(/^metric$/, {
      PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageMemoryUtilization" },
    }),
    "a cooldown before tasks go": changed(/^scaleInCooldown$/, { ScaleInCooldown: 60 }),
    "a cooldown before tasks come": changed(/^scaleOutCooldown$/, { ScaleOutCooldown: 60 }),
    "tasks that are never taken away": changed(/^disableScaleIn$/, { DisableScaleIn: true }),
    "an alarm that somebody has deleted": {
      field: /^alarms$/,
      make: async (aws) =>
        aws.cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: (await alarmNames(aws)).slice(0, 1) })),
    },
  },
});

describe("a scaling policy", () => {
  it("tells its two alarms and their states, which go with it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox);
    const created = await createOn(sandbox, { stack });
    expect(created.tasks.find(({ id }) => id === only)?.detail).toBe(
      "ECSServiceAverageCPUUtilization at 70, AlarmHigh INSUFFICIENT_DATA, AlarmLow INSUFFICIENT_DATA",
    );
    const clients = clientsOf(sandbox);
    const names = await alarmNames(clients);
    const alarms = names.map((name) => ({ name, state: "OK" }));
    const sides = (["High", "Low"] as const).map((side) => alarmNamed({ alarms } as unknown as ScalingPolicy, side));
    expect(sides).toEqual(names);
    await destroyOn(sandbox, { stack });
    expect(await alarmNames(clients)).toEqual([]);
    clients.close();
  });

  it("waits until Application Auto Scaling sees the target that has just been registered", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox);
    const message = `No scalable target registered for service namespace: ecs, resource ID: ${COUNT.ResourceId}`;
    const error = { code: "ObjectNotFoundException", message };
    sandbox.world.faults.set([
      { operation: "application-autoscaling:PutScalingPolicy", nth: [1, 2], effect: { error } },
    ]);
    expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
  });

  it("beside another one for the same metric is refused, with what to do", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox);
    await createOn(sandbox, { stack, only: "target" });
    const clients = clientsOf(sandbox);
    await put(clients, {}, "theirs");
    clients.close();
    const refused = (await createOn(sandbox, { stack })).tasks.find(({ id }) => id === only);
    expect(refused?.error).toMatchObject({
      why: expect.stringContaining("Only one TargetTrackingScaling policy"),
      next: expect.stringContaining("describe-scaling-policies"),
    });
  });

  it("has the cooldowns that it is given, and no alarm for what it never does", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox);
    const slow = scalingStack({}, { scaleInCooldown: 600, scaleOutCooldown: 30, scaleIn: false });
    expect(unfinished(await createOn(sandbox, { stack: slow }))).toEqual([]);
    const [policy] = sandbox.world.region("us-east-1").applicationAutoScaling.policies.all();
    expect(policy).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: { ScaleInCooldown: 600, ScaleOutCooldown: 30, DisableScaleIn: true },
      Alarms: [{ AlarmName: expect.stringContaining("-AlarmHigh-") }],
    });
    expect(verdicts(await createOn(sandbox, { stack: slow }))).toEqual({ target: "unchanged", policy: "unchanged" });
  });
});
