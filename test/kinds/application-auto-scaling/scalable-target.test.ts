import {
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
} from "@aws-sdk/client-application-auto-scaling";
import { DeleteServiceCommand } from "@aws-sdk/client-ecs";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { addService, CLUSTER, COUNT, SERVICE, scalingStack } from "./stack.ts";

const only = "target";
const stack = scalingStack();

function registered(field: RegExp, change: Partial<RegisterScalableTargetCommandInput>): Drift {
  const make: Drift["make"] = ({ applicationAutoScaling }) =>
    applicationAutoScaling.send(new RegisterScalableTargetCommand({ ...COUNT, ...change }));
  return { field, make };
}

describeContract({
  task: only,
  stack,
  prepare: addService,
  drifts: {
    "fewer tasks at least": registered(/^minCapacity$/, { MinCapacity: 1 }),
    "more tasks at most": registered(/^maxCapacity$/, { MaxCapacity: 12 }),
    "scaling in suspended": registered(/^suspendedState\.dynamicScalingInSuspended$/, {
      SuspendedState: { DynamicScalingInSuspended: true },
    }),
    "scaling out suspended": registered(/^suspendedState\.dynamicScalingOutSuspended$/, {
      SuspendedState: { DynamicScalingOutSuspended: true },
    }),
    "schedules suspended": registered(/^suspendedState\.scheduledScalingSuspended$/, {
      SuspendedState: { ScheduledScalingSuspended: true },
    }),
  },
});

describe("a scalable target", () => {
  it("is made as soon as Application Auto Scaling sees a service that has just been made, with AWS's own role", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    await addService(sandbox);
    expect(unfinished(await createOn(sandbox, { stack, only }))).toEqual([]);
    const clients = clientsOf(sandbox);
    const RoleName = "AWSServiceRoleForApplicationAutoScaling_ECSService";
    const { Role } = await clients.iam.send(new GetRoleCommand({ RoleName }));
    const { ScalableTargets } = await clients.applicationAutoScaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }),
    );
    clients.close();
    expect(ScalableTargets).toMatchObject([{ ...COUNT, MinCapacity: 2, MaxCapacity: 10, RoleARN: Role?.Arn }]);
  });

  it("trap 6 of the retail stack: moves the count of its service into its bounds at once", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox, 1);
    const created = await createOn(sandbox, { stack, only });
    expect(sandbox.world.region("us-east-1").ecs.services.all()[0]?.desiredCount).toBe(2);
    expect(created.tasks.find(({ id }) => id === only)?.detail).toMatch(
      /^2 to 10 tasks, last: Successfully set desired count to 2\. .*\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)$/,
    );
  });

  it("of somebody else is used as it is with the policies that it has, and left", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox);
    const clients = clientsOf(sandbox);
    await clients.applicationAutoScaling.send(
      new RegisterScalableTargetCommand({ ...COUNT, MinCapacity: 1, MaxCapacity: 3 }),
    );
    clients.close();
    const before = await everything(sandbox);
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ target: "foreign", policy: "foreign" });
    await destroyOn(sandbox, { stack });
    expect(await everything(sandbox)).toEqual(before);
    expect(verdicts(await createOn(sandbox, { stack, adopt: true }))).toEqual({ target: "update", policy: "create" });
    expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ target: "unchanged", policy: "unchanged" });
  });

  it("that has gone with its service is not missed by a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addService(sandbox);
    await createOn(sandbox, { stack });
    const clients = clientsOf(sandbox);
    await clients.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: SERVICE, force: true }));
    await expect.poll(async () => verdicts(await planOn(sandbox, { stack })).target).toBe("create");
    clients.close();
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ target: "absent", policy: "absent" });
  });
});
