import { defineService, type Service } from "../wire/service.ts";
import { stableUniqueId } from "../world/ids.ts";
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
          handle(_input, { account, region }) {
            world.region(region);
            return {
              Account: account,
              UserId: stableUniqueId("AIDA", account),
              Arn: `arn:aws:iam::${account}:user/sandbox`,
            };
          },
        },
      },
      { rules: () => import("./models/sts.json", { with: { type: "json" } }) },
    ),
  );
}
