import { type Stage, task } from "../../engine/task.ts";
import { logGroup } from "../../kinds/cloudwatch-logs/log-group.ts";
import { containerInsights } from "../../kinds/ecs/container-insights.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { performanceLogGroup } from "../performance-log-group.ts";
import { containerInsightsCost, logGroupCost } from "../prices.ts";
import { eventTasks } from "./events.ts";
import type { Shop } from "./fundamentals.ts";

/** Of the cluster when all stages are up: the user interface and those behind it, each with a task definition of its own. */
const SERVICES = 4;

/** The lab "Observability": what the cluster's tasks use, as metrics and as events that can be queried; and what ECS says of them, where it is wanted. */
export function observability({ observability: settings, cluster }: RetailVariables, shop: Shop): Stage {
  const group = performanceLogGroup(cluster.name);
  const used = task("performance-log-group", `log group ${group}`, logGroup, {
    name: group,
    retention: settings.retention,
  });

  const insights = task(
    "container-insights",
    `Container Insights of ${cluster.name}`,
    containerInsights,
    { cluster: shop.cluster.name, mode: settings.containerInsights },
    // AWS would make it without our tag, and keep it for ever.
    [used],
  );

  const { events } = settings;
  return {
    name: "observability",
    title: "OBSERVABILITY: what the shop uses, in metrics and logs",
    tasks: [used, insights, ...(events.enabled ? eventTasks(events, shop) : [])],
    outputs: { "performance events": used.out((made) => made.name) },
    costs: [
      ...containerInsightsCost(`metrics of ${cluster.name}`, settings.containerInsights, SERVICES),
      logGroupCost(`log group ${group}`),
      ...(events.enabled ? [logGroupCost(`log group ${events.group}`)] : []),
    ],
    logGroupsOfAws: [group],
  };
}
