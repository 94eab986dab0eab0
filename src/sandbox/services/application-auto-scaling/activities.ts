import type { World } from "../../world/world.ts";
import { checkWanted, paged, type TargetScalingOperations } from "./operation.ts";

const MOST_ACTIVITIES = 50;
const SIX_WEEKS = 6 * 7 * 86_400_000;

/** What was done about targets. */
export function activityOperations(world: World): TargetScalingOperations {
  return {
    DescribeScalingActivities: {
      accepts: [
        "ServiceNamespace",
        "ResourceId",
        "ScalableDimension",
        "IncludeNotScaledActivities",
        "MaxResults",
        "NextToken",
      ],
      handle(input, { region }) {
        checkWanted(input, input.ResourceId === undefined ? [] : [input.ResourceId]);
        const oldest = world.now().getTime() - SIX_WEEKS;
        const newestFirst = world
          .region(region)
          .applicationAutoScaling.activities.filter(
            ({ ResourceId, StartTime, NotScaledReasons }) =>
              [undefined, ResourceId].includes(input.ResourceId) &&
              StartTime.getTime() >= oldest &&
              (NotScaledReasons === undefined || input.IncludeNotScaledActivities === true),
          )
          .reverse();
        const { items, ...rest } = paged(newestFirst, input, { size: world.pageSize, most: MOST_ACTIVITIES });
        return { ScalingActivities: items, ...rest };
      },
    },
  };
}
