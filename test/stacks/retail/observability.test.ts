import { DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeClustersCommand,
  RegisterTaskDefinitionCommand,
  UpdateClusterSettingsCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { taggedWith } from "../../../src/aws/tagged/index.ts";
import type { Stack } from "../../../src/engine/task.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { everything } from "../../support/everything.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const PLACE = { region: "us-east-1", target: "sandbox" } as const;
const CLUSTER = "retail-store-ecs-cluster";
const variables = ofRetail((await load(undefined, "/", "retail")).variables);

/** The stage, and of the others the cluster alone, which is all that it needs. */
function stackWith(mode: "enabled" | "enhanced", enabled: boolean): Stack {
  const { observability: settings } = variables;
  const observability = { ...settings, containerInsights: mode, events: { ...settings.events, enabled } };
  const { name, stages } = stackOf({ ...variables, observability }, PLACE);
  const cluster = stages
    .filter((stage) => stage.name === "fundamentals")
    .map((stage) => ({ ...stage, outputs: {}, tasks: stage.tasks.filter(({ id }) => id === "cluster") }));
  return { name, stages: [...cluster, ...stages.filter((stage) => stage.name === "observability")] };
}

async function sandboxWith(stack: Stack) {
  const sandbox = await sandboxForTest({ delays: "none" });
  const before = await everything(sandbox);
  const clients = clientsOf(sandbox);
  onTestFinished(() => clients.close());
  expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
  return { sandbox, before, clients };
}

describe("stage observability of the retail stack", () => {
  it("needs the cluster alone, turns Container Insights on, and owns their log group", async () => {
    const stack = stackWith("enabled", false);
    const { sandbox, before, clients } = await sandboxWith(stack);
    const described = await clients.ecs.send(
      new DescribeClustersCommand({ clusters: [CLUSTER], include: ["SETTINGS"] }),
    );
    expect(described.clusters?.[0]?.settings).toEqual([{ name: "containerInsights", value: "enabled" }]);
    const { logGroups } = await clients.logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups).toMatchObject([
      { logGroupName: `/aws/ecs/containerinsights/${CLUSTER}/performance`, retentionInDays: 7 },
    ]);
    const { things } = await taggedWith(clients, "retail");
    expect(things.map(({ task }) => task).sort()).toEqual(["cluster", "performance-log-group"]);

    const settings = [{ name: "containerInsights" as const, value: "disabled" }];
    await clients.ecs.send(new UpdateClusterSettingsCommand({ cluster: CLUSTER, settings }));
    const off = verdicts(await planOn(sandbox, { stack }));
    expect(off).toMatchObject({ cluster: "unchanged", "container-insights": "create" });
    await createOn(sandbox, { stack });
    const enhanced = verdicts(await planOn(sandbox, { stack: stackWith("enhanced", false) }));
    expect(enhanced).toMatchObject({ cluster: "unchanged", "container-insights": "update" });
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    expect(await everything(sandbox)).toEqual(before);
  });

  it("keeps what ECS says of this cluster, its deployments included, where that is wanted, and leaves nothing of it", async () => {
    const stack = stackWith("enabled", true);
    const { sandbox, before, clients } = await sandboxWith(stack);
    await clients.ecs.send(new CreateClusterCommand({ clusterName: "other" }));
    const containerDefinitions = [{ name: "web", image: "httpd", memory: 128 }];
    await clients.ecs.send(new RegisterTaskDefinitionCommand({ family: "web", containerDefinitions }));
    for (const cluster of ["other", CLUSTER]) {
      const service = { cluster, serviceName: "web", taskDefinition: "web", desiredCount: 0 };
      await clients.ecs.send(new CreateServiceCommand(service));
    }
    const logGroupName = variables.observability.events.group;
    const arrived = async () => {
      const { events = [] } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName }));
      return events.map(({ message = "" }) => JSON.parse(message));
    };
    await vi.waitFor(
      async () =>
        expect((await arrived()).map(({ detail }) => detail.eventName)).toEqual(
          expect.arrayContaining(["SERVICE_DEPLOYMENT_IN_PROGRESS", "SERVICE_DEPLOYMENT_COMPLETED"]),
        ),
      { timeout: 20_000 },
    );
    const services = new Set((await arrived()).flatMap(({ resources }) => resources));
    expect([...services]).toEqual([expect.stringContaining(`:service/${CLUSTER}/web`)]);
    const { things } = await taggedWith(clients, "retail");
    expect(things.map(({ task }) => task)).toEqual(
      expect.arrayContaining(["events-log-group", "events-log-policy", "events-rule"]),
    );

    for (const cluster of ["other", CLUSTER]) {
      await clients.ecs.send(new DeleteServiceCommand({ cluster, service: "web", force: true }));
    }
    await clients.ecs.send(new DeleteClusterCommand({ cluster: "other" }));
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    const { ecs: _definition, ...left } = await everything(sandbox);
    expect(left).toEqual({ ...before, ecs: undefined });
  });
});
