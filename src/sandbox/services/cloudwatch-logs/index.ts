import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { filterEventsOperations } from "./filter-events.ts";
import { getEventsOperations } from "./get-events.ts";
import { groupOperations } from "./groups.ts";
import { refuses } from "./operation.ts";
import { putEventsOperations } from "./put-events.ts";
import { queryOperations } from "./queries.ts";
import { resourcePolicyOperations } from "./resource-policies.ts";
import { retentionOperations } from "./retention.ts";
import { streamOperations } from "./streams.ts";
import { tagOperations } from "./tags.ts";

/** CloudWatch Logs: groups, streams and events. Queries of Insights. No metric filters, subscriptions or live tails. */
export function cloudWatchLogs(world: World): Service {
  return world.serve(
    defineService(
      "logs",
      () => import("@aws-sdk/client-cloudwatch-logs"),
      {
        ...groupOperations(world),
        ...streamOperations(world),
        ...putEventsOperations(world),
        ...getEventsOperations(world),
        ...filterEventsOperations(world),
        ...queryOperations(world),
        ...retentionOperations(world),
        ...resourcePolicyOperations(world),
        ...tagOperations(world),
      },
      { rules: () => import("../models/logs.json", { with: { type: "json" } }), refuses },
    ),
  );
}
