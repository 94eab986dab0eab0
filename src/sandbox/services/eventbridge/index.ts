import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { ruleOperations } from "./rules.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

/** EventBridge: rules of the default bus that bring events of ECS to log groups. No schedules, and no events of one's own. */
export function eventbridge(world: World): Service {
  return world.serve(
    defineService(
      "events",
      () => import("@aws-sdk/client-eventbridge"),
      { ...ruleOperations(world), ...targetOperations(world), ...tagOperations(world) },
      { rules: () => import("../models/events.json", { with: { type: "json" } }) },
    ),
    "eventbridge",
  );
}
