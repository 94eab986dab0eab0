import { DeleteCapacityProviderCommand, UpdateCapacityProviderCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { task } from "../../../src/engine/task.ts";
import { type CapacityProviderDesired, capacityProvider } from "../../../src/kinds/ecs/capacity-provider.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { addGroup, GROUP, PROVIDER, stackOf } from "./stack.ts";

const OTHER_GROUP = GROUP.replace("asgCurso117", "asgOther");

function stackWith(desired: Partial<CapacityProviderDesired> = {}) {
  return stackOf(
    task("provider", "capacity provider", capacityProvider, {
      name: PROVIDER,
      autoScalingGroup: GROUP,
      managedScaling: "ENABLED",
      targetCapacity: 100,
      managedTerminationProtection: "DISABLED",
      managedDraining: "DISABLED",
      ...desired,
    }),
  );
}

const stack = stackWith();
const changed = (managedScaling: object, more: object = {}) =>
  new UpdateCapacityProviderCommand({
    name: PROVIDER,
    autoScalingGroupProvider: { managedScaling, ...more },
  });

describeContract({
  task: "provider",
  stack,
  prepare: async (sandbox) => addGroup(sandbox),
  drifts: {
    "managed scaling that was switched off": {
      field: /^managedScaling$/,
      make: ({ ecs }) => ecs.send(changed({ status: "DISABLED" })),
    },
    "another target capacity": {
      field: /^targetCapacity$/,
      make: ({ ecs }) => ecs.send(changed({ status: "ENABLED", targetCapacity: 50 })),
    },
    "managed draining, which is AWS's default": {
      field: /^managedDraining$/,
      make: ({ ecs }) => ecs.send(changed({ status: "ENABLED" }, { managedDraining: "ENABLED" })),
    },
    "termination protection that was switched on": {
      field: /^managedTerminationProtection$/,
      make: ({ ecs }) => ecs.send(changed({}, { managedTerminationProtection: "ENABLED" })),
    },
  },
});

describe("a capacity provider", () => {
  it("trap 9: is deleted as soon as AWS does not count it as in use any more", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    addGroup(sandbox);
    await createOn(sandbox, { stack });
    const inUse = {
      code: "ResourceInUseException",
      message: "The specified capacity provider is in use and cannot be removed.",
    };
    const operation = "ecs:DeleteCapacityProvider";
    sandbox.world.faults.set([{ operation, nth: [1, 2], effect: { error: inUse } }]);
    const { failed, events } = await destroyOn(sandbox, { stack });
    expect(failed).toBe(false);
    expect(sandbox.world.faults.strikes()[0]).toMatchObject({ struck: 2, matched: 3 });
    const reason = expect.stringContaining("The specified capacity provider is in use");
    expect(events).toContainEqual(expect.objectContaining({ type: "waiting", reason }));
  });

  it("is there at once, and waited for while it goes although it is still ACTIVE", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    addGroup(sandbox);
    const { events } = await createOn(sandbox, { stack });
    expect(events).not.toContainEqual(expect.objectContaining({ type: "waiting" }));
    const { ecs } = clientsOf(sandbox);
    const { capacityProvider } = await ecs.send(
      new DeleteCapacityProviderCommand({ capacityProvider: "capacityProviderCurso117" }),
    );
    expect(capacityProvider).toMatchObject({ status: "ACTIVE", updateStatus: "DELETE_IN_PROGRESS" });
    const again = await createOn(sandbox, { stack });
    expect(again.failed).toBe(false);
    expect(again.events).toContainEqual(
      expect.objectContaining({ type: "waiting", reason: "the old one is still being deleted" }),
    );
    expect(verdicts(again)).toEqual({ provider: "create" });
  });

  it("of another group needs replacement", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    addGroup(sandbox);
    addGroup(sandbox, OTHER_GROUP);
    await createOn(sandbox, { stack });
    const other = stackWith({ autoScalingGroup: OTHER_GROUP });
    const planned = await planOn(sandbox, { stack: other });
    expect(planned.tasks[0]?.changes).toContainEqual(
      expect.objectContaining({ field: "autoScalingGroup", needsReplacement: true }),
    );
    const created = await createOn(sandbox, { stack: other });
    expect(verdicts(created)).toEqual({ provider: "failed" });
    expect(created.tasks[0]?.error?.why).toContain("needs replacement");
  });

  it("leaves the tag that ECS puts on its group", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    addGroup(sandbox, GROUP, false);
    await createOn(sandbox, { stack });
    const group = sandbox.world.region("us-east-1").autoscaling.groups.get("asgCurso117");
    expect(group?.Tags).toContainEqual(expect.objectContaining({ Key: "AmazonECSManaged", PropagateAtLaunch: true }));
  });
});
