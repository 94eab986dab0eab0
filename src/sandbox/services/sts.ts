import { defineService, type Service } from "../wire/service.ts";
import type { World } from "../world/world.ts";

/** AWS Security Token Service. */
export function sts(world: World): Service {
  return world.serve(
    defineService(
      "sts",
      () => import("@aws-sdk/client-sts"),
      {
        GetCallerIdentity: {
          accepts: [],
          handle(_input, { account, caller, region }) {
            world.region(region);
            return { UserId: caller.userId, Account: account, Arn: caller.arn };
          },
        },
      },
      {
        rules: () => import("./models/sts.json", { with: { type: "json" } }),
        // Who calls them has no keys yet.
        unsigned: ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
      },
    ),
  );
}
