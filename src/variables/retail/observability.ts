import * as z from "zod";
import * as value from "../values.ts";

/** Variables of what is measured and kept of the cluster. */
export const observability = z.strictObject({
  /**
   * CloudWatch Container Insights of the cluster, which is billed by the metric. `enabled`: of the cluster, its services and task
   * definitions. `enhanced`: of each task and container, too, as AWS recommends. Default `enabled`.
   */
  containerInsights: value.oneOf("enabled", "enhanced").default("enabled"),
  /** Days that its performance log events are kept. Default 7 (where AWS makes their log group, 1). */
  retention: value.retention().default(7),
  /** What ECS says of its tasks, services, deployments and instances, kept in a log group of its own. */
  events: z
    .strictObject({
      /** Whether they are kept. Default false. */
      enabled: z.boolean().describe("true or false").default(false),
      /** Their log group. Default `/aws/events/ecs/retail-store-ecs-cluster`. */
      group: value.logGroupName().default("/aws/events/ecs/retail-store-ecs-cluster"),
      /** Days that they are kept. Default 7. */
      retention: value.retention().default(7),
      /** Name of the rule of EventBridge that brings them there. Default `retail-store-ecs-events`. */
      rule: value.ecsName().default("retail-store-ecs-events"),
      /** Name of the resource policy of CloudWatch Logs that lets it; a region has ten at most. Default `retail-store-ecs-events`. */
      policy: value.ecsName().default("retail-store-ecs-events"),
    })
    .prefault({}),
});
