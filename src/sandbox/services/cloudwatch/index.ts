import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { alarmOperations } from "./alarms.ts";
import { metricOperations } from "./metrics.ts";
import { refuses } from "./operation.ts";
import { putMetricAlarmOperations } from "./put-metric-alarm.ts";
import { putMetricDataOperations } from "./put-metric-data.ts";
import { tagOperations } from "./tags.ts";

/** CloudWatch: metrics by the minute, and alarms on one metric each. */
export function cloudWatch(world: World): Service {
  return world.serve(
    defineService(
      "monitoring",
      () => import("@aws-sdk/client-cloudwatch"),
      {
        ...alarmOperations(world),
        ...putMetricAlarmOperations(world),
        ...putMetricDataOperations(world),
        ...metricOperations(world),
        ...tagOperations(world),
      },
      { rules: () => import("../models/cloudwatch.json", { with: { type: "json" } }), refuses },
    ),
  );
}
