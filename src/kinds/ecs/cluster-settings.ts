import type { Cluster, ClusterSetting } from "@aws-sdk/client-ecs";

const INSIGHTS = "containerInsights";

/** Whether Container Insights observes a cluster: `disabled`, `enabled` or `enhanced`. */
export function insightsOf({ settings }: Cluster): string {
  return settings?.find(({ name }) => name === INSIGHTS)?.value ?? "disabled";
}

/** The settings that make it so. */
export function insightsSetting(value: string): ClusterSetting[] {
  return [{ name: INSIGHTS, value }];
}
