import { PutClusterCapacityProvidersCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { task } from "../../../src/engine/task.ts";
import { capacityProvider } from "../../../src/kinds/ecs/capacity-provider.ts";
import { cluster } from "../../../src/kinds/ecs/cluster.ts";
import { clusterCapacityProviders } from "../../../src/kinds/ecs/cluster-capacity-providers.ts";
import { everything } from "../../support/everything.ts";
import { createOn, destroyOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { addCluster, addGroup, CLUSTER, GROUP, PROVIDER, stackOf } from "./stack.ts";

const home = task("cluster", "cluster", cluster, { name: CLUSTER, containerInsights: "disabled" });
const provider = task("provider", "capacity provider", capacityProvider, {
  name: PROVIDER,
  autoScalingGroup: GROUP,
  managedScaling: "ENABLED",
  targetCapacity: 100,
  managedTerminationProtection: "DISABLED",
  managedDraining: "DISABLED",
});
const attached = task("attached", "capacity providers of the cluster", clusterCapacityProviders, {
  cluster: home.out(({ name }) => name),
  providers: [provider.out(({ name }) => name)],
  strategy: [{ provider: PROVIDER, base: 1, weight: 1 }],
});
const stack = stackOf(home, provider, attached);

const put = (capacityProviders: string[], defaultCapacityProviderStrategy: object[]) =>
  new PutClusterCapacityProvidersCommand({
    cluster: CLUSTER,
    capacityProviders,
    defaultCapacityProviderStrategy: defaultCapacityProviderStrategy as { capacityProvider: string }[],
  });

describeContract({
  task: "attached",
  stack,
  prepare: async (sandbox) => addGroup(sandbox),
  drifts: {
    "a capacity provider that was added": {
      field: /^capacityProviders$/,
      make: ({ ecs }) => ecs.send(put([PROVIDER, "FARGATE"], [{ capacityProvider: PROVIDER, base: 1, weight: 1 }])),
    },
    "another default strategy": {
      field: /^defaultCapacityProviderStrategy$/,
      make: ({ ecs }) => ecs.send(put([PROVIDER], [{ capacityProvider: PROVIDER, base: 0, weight: 3 }])),
    },
  },
});

describe("the capacity providers of a cluster", () => {
  it("are waited for while they are being attached and let go of", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    addGroup(sandbox);
    const before = await everything(sandbox);
    const { events } = await createOn(sandbox, { stack });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "waiting", reason: "being attached to the cluster" }),
    );
    const destroyed = await destroyOn(sandbox, { stack });
    expect(destroyed.failed).toBe(false);
    expect(await everything(sandbox)).toEqual(before);
  });

  it("of someone else's cluster stay as they are", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    addGroup(sandbox);
    await addCluster(sandbox);
    expect(verdicts(await createOn(sandbox, { stack }))).toMatchObject({ cluster: "foreign", attached: "foreign" });
    expect(sandbox.world.region("us-east-1").ecs.clusters.get(CLUSTER)?.capacityProviders).toEqual([]);
  });
});
