import { type Ref, type Stage, task } from "../../engine/task.ts";
import { logGroup } from "../../kinds/cloudwatch-logs/log-group.ts";
import { containerInsights } from "../../kinds/ecs/container-insights.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { performanceLogGroup } from "../performance-log-group.ts";
import { containerInsightsCost, logGroupCost } from "../prices.ts";

/** The lab "Observability": what the cluster's tasks use, as metrics and as events that can be queried. */
export function observability({ observability: settings, cluster }: RetailVariables, name: Ref<string>): Stage {
  const group = performanceLogGroup(cluster.name);
  const events = task("performance-log-group", `log group ${group}`, logGroup, {
    name: group,
    retention: settings.retention,
  });

  const insights = task(
    "container-insights",
    `Container Insights of ${cluster.name}`,
    containerInsights,
    { cluster: name, mode: settings.containerInsights },
    // AWS would make it without our tag, and keep it for ever.
    [events],
  );

  return {
    name: "observability",
    title: "OBSERVABILITY: what the shop uses, in metrics and logs",
    tasks: [events, insights],
    outputs: { "performance events": events.out((made) => made.name) },
    costs: [
      ...containerInsightsCost(`metrics of ${cluster.name}`, settings.containerInsights),
      logGroupCost(`log group ${group}`),
    ],
    logGroupsOfAws: [group],
  };
}
