import type { RetailVariables } from "../../variables/index.ts";
import { MAKE } from "../grants.ts";
import { type Grant, of, type PermissionCommand, type Scope } from "../permissions.ts";

/** Commands that look at the whole stack. */
const LOOK: readonly PermissionCommand[] = ["plan", "status", "console", "outputs", ...MAKE, "destroy"];
const WHERE_KEPT = "keeps what ECS says of the cluster, where observability.events says so";

/** The rule that brings them. `here` makes an ARN. */
export function eventScopes(
  { observability }: RetailVariables,
  here: (service: string, resource: string) => string,
): Readonly<Record<string, Scope>> {
  return { EventRule: { resources: [here("events", `rule/${observability.events.rule}`)] } };
}

/** What keeping ECS's events needs. Of resource policies IAM knows no names. */
export const EVENTS: readonly Grant[] = [
  { on: "EventRule", for: LOOK, actions: of("events", "DescribeRule ListTargetsByRule"), because: WHERE_KEPT },
  { on: "EventRule", for: LOOK, actions: of("events", "ListTagsForResource"), because: WHERE_KEPT },
  { on: "EventRule", for: MAKE, actions: of("events", "PutRule PutTargets TagResource"), because: WHERE_KEPT },
  { on: "EventRule", for: ["destroy"], actions: of("events", "DeleteRule RemoveTargets"), because: WHERE_KEPT },
  {
    on: "Look",
    for: LOOK.filter((command) => command !== "destroy"),
    actions: of("logs", "DescribeResourcePolicies"),
    because: WHERE_KEPT,
  },
  { on: "Look", for: MAKE, actions: of("logs", "PutResourcePolicy"), because: WHERE_KEPT },
  { on: "Look", for: ["destroy"], actions: of("logs", "DeleteResourcePolicy"), because: WHERE_KEPT },
];
