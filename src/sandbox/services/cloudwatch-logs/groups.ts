import type { LogGroup as WireLogGroup } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { LogGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { groupOf, invalid, type LogsOperations, paged, streamsOf } from "./operation.ts";
import { mergedTags } from "./tags.ts";

/** Log groups. */
export function groupOperations(world: World): LogsOperations {
  return {
    CreateLogGroup: {
      accepts: ["logGroupName", "tags", "logGroupClass", "deletionProtectionEnabled"],
      handle({ logGroupName = "", tags = {}, logGroupClass = "STANDARD", deletionProtectionEnabled }, { region }) {
        if (logGroupName.startsWith("aws/")) throw invalid("Log group names starting with aws/ are reserved.");
        if (logGroupClass !== "STANDARD") throw notEmulated(`log groups of the class ${logGroupClass}`);
        if (deletionProtectionEnabled) throw notEmulated("log groups that are protected from being deleted");
        if (!world.logs.createGroup(region, logGroupName, mergedTags({}, tags))) {
          throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
        }
        return {};
      },
    },

    DeleteLogGroup: {
      accepts: ["logGroupName"],
      handle(input, { region }) {
        const group = groupOf(world, region, input);
        const { groups, streams } = world.region(region).logs;
        for (const { logStreamName } of streamsOf(world, region, group)) {
          streams.delete(`${group.logGroupName}:${logStreamName}`);
        }
        groups.delete(group.logGroupName);
        return {};
      },
    },

    DescribeLogGroups: {
      accepts: ["logGroupNamePrefix", "logGroupNamePattern", "nextToken", "limit"],
      async handle({ logGroupNamePrefix: prefix, logGroupNamePattern: pattern, ...page }, { region }) {
        if (prefix !== undefined && pattern !== undefined) {
          throw invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
        }
        const found = world
          .region(region)
          .logs.groups.filter(({ logGroupName }) => logGroupName.startsWith(prefix ?? ""))
          .filter(({ logGroupName }) => logGroupName.includes(pattern ?? ""))
          .sort((one, other) => (one.logGroupName < other.logGroupName ? -1 : 1));
        const { items, ...rest } = paged(found, page, world.pageSize);
        if (pattern !== undefined) return { logGroups: items.map(briefShapeOf), ...rest };
        return { logGroups: await Promise.all(items.map((group) => shapeOf(world, group))), ...rest };
      },
    },
  };
}

async function shapeOf(world: World, group: LogGroup): Promise<WireLogGroup> {
  const { hidden: _hidden, ...shape } = group;
  return { ...shape, storedBytes: await world.logs.storedBytes(group) };
}

/** What a search by pattern tells. (DescribeLogGroups, logGroupNamePattern) */
function briefShapeOf({ logGroupName, arn, creationTime }: LogGroup): WireLogGroup {
  return { logGroupName, arn, creationTime };
}
