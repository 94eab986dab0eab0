import { type AnyTask, task } from "../../engine/task.ts";
import { logGroup } from "../../kinds/cloudwatch-logs/log-group.ts";
import { resourcePolicy } from "../../kinds/cloudwatch-logs/resource-policy.ts";
import { rule } from "../../kinds/eventbridge/rule.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Shop } from "./fundamentals.ts";

/** What keeps in a log group what ECS says of the cluster. */
export function eventTasks(settings: RetailVariables["observability"]["events"], { cluster }: Shop): AnyTask[] {
  const group = task("events-log-group", `log group ${settings.group}`, logGroup, {
    name: settings.group,
    retention: settings.retention,
  });
  const logGroupArn = group.out(({ arn }) => arn);

  const policy = task("events-log-policy", `resource policy ${settings.policy}`, resourcePolicy, {
    name: settings.policy,
    logGroup: logGroupArn,
    // Both. (EventBridge User Guide, "Resource-based policies")
    services: ["delivery.logs.amazonaws.com", "events.amazonaws.com"],
  });

  const events = task(
    "events-rule",
    `rule ${settings.rule}`,
    rule,
    {
      name: settings.rule,
      pattern: {
        source: ["aws.ecs"],
        // Events of deployments name the cluster in the ARN of the service alone. (ECS Developer Guide, "Service deployment state change events")
        $or: [{ detail: { clusterArn: [cluster.arn] } }, { resources: [{ prefix: cluster.services }] }],
      },
      logGroup: logGroupArn,
    },
    // Without it nothing would arrive, and nobody would be told.
    [policy],
  );

  return [group, policy, events];
}
