import type { World } from "../../world/world.ts";
import { type DynamoOperations, tableOf } from "./operation.ts";

/** Settings that nobody can change here, as AWS has them for a new table. */
export function settingOperations(world: World): DynamoOperations {
  return {
    DescribeTimeToLive: {
      accepts: ["TableName"],
      handle({ TableName }, { region }) {
        tableOf(world, world.region(region), TableName);
        return { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" as const } };
      },
    },

    DescribeContinuousBackups: {
      accepts: ["TableName"],
      handle({ TableName }, { region }) {
        tableOf(world, world.region(region), TableName);
        return {
          ContinuousBackupsDescription: {
            ContinuousBackupsStatus: "ENABLED" as const,
            PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" as const },
          },
        };
      },
    },
  };
}
