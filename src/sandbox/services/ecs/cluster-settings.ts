import type { ClusterSetting } from "@aws-sdk/client-ecs";
import type { Region } from "../../world/world.ts";
import { invalid } from "./operation.ts";

const INSIGHTS = ["enabled", "disabled", "enhanced"];

/** The settings of a cluster that names none. */
export function defaultSettings({ ecs }: Region): ClusterSetting[] {
  return [{ name: "containerInsights", value: ecs.accountSettings.get("containerInsights")?.value ?? "disabled" }];
}

/** Settings with others put over them. @throws AwsError */
export function withSettings(present: readonly ClusterSetting[], wanted: readonly ClusterSetting[] | undefined) {
  const merged = new Map(present.map((setting) => [setting.name, setting]));
  for (const setting of wanted ?? []) {
    if (setting.name !== "containerInsights") throw invalid(`Invalid cluster setting name: ${setting.name}`);
    checkInsights(setting.value);
    merged.set(setting.name, setting);
  }
  return [...merged.values()];
}

/** @throws AwsError */
export function checkInsights(value = ""): void {
  if (!INSIGHTS.includes(value)) throw invalid(`Invalid value '${value}' of the setting containerInsights.`);
}
