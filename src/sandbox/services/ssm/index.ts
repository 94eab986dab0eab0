import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { agentOperations } from "./agents.ts";
import { parameterTagOperations } from "./parameter-tags.ts";
import { parameterOperations } from "./parameters.ts";
import { runCommandOperations } from "./run-command.ts";

/** AWS Systems Manager: Parameter Store and Run Command. */
export function ssm(world: World): Service {
  return world.serve(
    defineService(
      "ssm",
      () => import("@aws-sdk/client-ssm"),
      {
        ...parameterOperations(world),
        ...parameterTagOperations(world),
        ...agentOperations(world),
        ...runCommandOperations(world),
      },
      { rules: () => import("../models/ssm.json", { with: { type: "json" } }) },
    ),
  );
}
