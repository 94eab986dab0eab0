import { CreateClusterCommand, UpdateClusterSettingsCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { task } from "../../../src/engine/task.ts";
import { cluster } from "../../../src/kinds/ecs/cluster.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { addCluster, CLUSTER, stackOf } from "./stack.ts";

const stack = stackOf(task("cluster", "cluster", cluster, { name: CLUSTER, containerInsights: "enabled" }));

describeContract({
  task: "cluster",
  stack,
  drifts: {
    "container insights that were switched off": {
      field: /^containerInsights$/,
      make: ({ ecs }) => {
        const settings = [{ name: "containerInsights" as const, value: "disabled" }];
        return ecs.send(new UpdateClusterSettingsCommand({ cluster: CLUSTER, settings }));
      },
    },
  },
});

describe("a cluster", () => {
  const only = "cluster";

  it("of someone else is used as it is, and left by destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await addCluster(sandbox);
    const before = await everything(sandbox);
    const created = await createOn(sandbox, { stack, only });
    expect(verdicts(created)).toEqual({ cluster: "foreign" });
    expect(created.events).toContainEqual(
      expect.objectContaining({ type: "done", detail: "2 instances, container insights disabled" }),
    );
    await destroyOn(sandbox, { stack, only });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("is only deleted once its last machine has left it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    const { ecs } = sandbox.world.region("us-east-1");
    await addCluster(sandbox, 1);
    const destroying = destroyOn(sandbox, { stack, only });
    sandbox.world.at(new Date(sandbox.world.now().getTime() + 300), () => {
      for (const { containerInstanceArn } of ecs.containerInstances.all()) {
        ecs.containerInstances.delete(containerInstanceArn);
      }
    });
    const { events, failed } = await destroying;
    expect(failed).toBe(false);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "waiting", reason: expect.stringContaining("Container Instances are active") }),
    );
  });

  it("is made anew after one of its name was deleted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    await destroyOn(sandbox, { stack, only });
    expect(verdicts(await createOn(sandbox, { stack, only }))).toEqual({ cluster: "create" });
    const clients = clientsOf(sandbox);
    const again = await clients.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
    clients.close();
    expect(again.cluster?.status).toBe("ACTIVE");
  });
});
