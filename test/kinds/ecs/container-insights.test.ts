import { UpdateClusterSettingsCommand } from "@aws-sdk/client-ecs";
import { expect, it } from "vitest";
import { task } from "../../../src/engine/task.ts";
import { cluster } from "../../../src/kinds/ecs/cluster.ts";
import { containerInsights } from "../../../src/kinds/ecs/container-insights.ts";
import { createOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { addCluster, CLUSTER, stackOf } from "./stack.ts";

const home = task("cluster", "cluster", cluster, { name: CLUSTER });
const insights = task("insights", "Container Insights", containerInsights, {
  cluster: home.out(({ name }) => name),
  mode: "enhanced",
});
const stack = stackOf(home, insights);

describeContract({
  task: "insights",
  stack,
  drifts: {
    "metrics of services only": {
      field: /^containerInsights$/,
      make: ({ ecs }) =>
        ecs.send(
          new UpdateClusterSettingsCommand({
            cluster: CLUSTER,
            settings: [{ name: "containerInsights", value: "enabled" }],
          }),
        ),
    },
  },
});

it("a cluster without a word on Container Insights is left as it is while a task of its own turns it on", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  await createOn(sandbox, { stack });
  expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ cluster: "unchanged", insights: "unchanged" });
});

it("Container Insights of someone else's cluster stay off", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  await addCluster(sandbox);
  expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ cluster: "foreign", insights: "foreign" });
  expect(sandbox.world.region("us-east-1").ecs.clusters.get(CLUSTER)?.settings).toMatchObject([{ value: "disabled" }]);
});
