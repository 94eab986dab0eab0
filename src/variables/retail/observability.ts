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
});
