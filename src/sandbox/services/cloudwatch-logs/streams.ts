import type { LogStream as WireLogStream } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../../wire/service.ts";
import type { LogGroup, LogStream } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { groupOf, invalid, type LogsOperations, paged, streamOf, streamsOf } from "./operation.ts";

/** Streams of log groups. */
export function streamOperations(world: World): LogsOperations {
  return {
    CreateLogStream: {
      accepts: ["logGroupName", "logStreamName"],
      handle(input, { region }) {
        const { logStreamName = "" } = input;
        const { logGroupName } = groupOf(world, region, { logGroupName: input.logGroupName });
        if (!world.logs.createStream(region, logGroupName, logStreamName)) {
          throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
        }
        return {};
      },
    },

    DeleteLogStream: {
      accepts: ["logGroupName", "logStreamName"],
      handle({ logGroupName, logStreamName }, { region }) {
        const group = groupOf(world, region, { logGroupName });
        const stream = streamOf(world, region, group, logStreamName);
        world.region(region).logs.streams.delete(`${group.logGroupName}:${stream.logStreamName}`);
        return {};
      },
    },

    DescribeLogStreams: {
      accepts: [
        "logGroupName",
        "logGroupIdentifier",
        "logStreamNamePrefix",
        "orderBy",
        "descending",
        "nextToken",
        "limit",
      ],
      async handle({ logStreamNamePrefix = "", orderBy = "LogStreamName", descending, ...input }, { region }) {
        if (logStreamNamePrefix !== "" && orderBy === "LastEventTime") {
          throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
        }
        const group = groupOf(world, region, input);
        const found = streamsOf(world, region, group).filter(({ logStreamName }) =>
          logStreamName.startsWith(logStreamNamePrefix),
        );
        const streams = await Promise.all(found.map((stream) => shapeOf(world, group, stream)));
        if (orderBy === "LastEventTime") streams.sort((one, other) => lastEventOf(one) - lastEventOf(other));
        if (descending) streams.reverse();
        const { items, ...rest } = paged(streams, input, world.pageSize);
        return { logStreams: items, ...rest };
      },
    },
  };
}

async function shapeOf(world: World, group: LogGroup, stream: LogStream): Promise<WireLogStream> {
  const { hidden: _hidden, ...shape } = stream;
  // Always reported as zero since 2019. (LogStream, storedBytes)
  return { ...shape, ...(await world.logs.summary(group, stream)), storedBytes: 0 };
}

function lastEventOf({ lastEventTimestamp = 0 }: WireLogStream): number {
  return lastEventTimestamp;
}
