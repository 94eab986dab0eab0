import type { World } from "../../world/world.ts";
import { groupOf, type LogsOperations, violation } from "./operation.ts";

/** Days that AWS takes. (LogGroup, retentionInDays) */
const DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** How long events are kept. */
export function retentionOperations(world: World): LogsOperations {
  return {
    PutRetentionPolicy: {
      accepts: ["logGroupName", "retentionInDays"],
      handle({ logGroupName, retentionInDays = 0 }, { region }) {
        if (!DAYS.includes(retentionInDays)) {
          throw violation("retentionInDays", retentionInDays, `satisfy enum value set: [${DAYS.join(", ")}]`);
        }
        const group = groupOf(world, region, { logGroupName });
        world.region(region).logs.groups.put({ ...group, retentionInDays });
        return {};
      },
    },

    DeleteRetentionPolicy: {
      accepts: ["logGroupName"],
      handle({ logGroupName }, { region }) {
        const group = groupOf(world, region, { logGroupName });
        const { retentionInDays: _days, ...rest } = group;
        world.region(region).logs.groups.put(rest);
        return {};
      },
    },
  };
}
