import type { LogGroup, LogStream } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { fill } from "./event-page.ts";
import { filterOf } from "./filter-pattern.ts";
import { groupOf, invalid, invalidToken, type LogsOperations, streamOf, streamsOf } from "./operation.ts";

/**
 * Events that are looked at for one answer. AWS answers with fewer events than there are, or with none and a token, as it
 * pleases; clients must be used to it.
 */
const MOST_LOOKED_AT = 2_000;

/** FilterLogEvents: the events of a group, of all its streams or some, in the order of their time. */
export function filterEventsOperations(world: World): LogsOperations {
  return {
    FilterLogEvents: {
      accepts: [
        "logGroupName",
        "logGroupIdentifier",
        "logStreamNames",
        "logStreamNamePrefix",
        "startTime",
        "endTime",
        "filterPattern",
        "nextToken",
        "limit",
        "interleaved",
        "startFromHead",
      ],
      async handle({ startTime = 0, endTime = Infinity, filterPattern = "", nextToken, ...input }, { region }) {
        const matches = filterOf(filterPattern);
        const place = nextToken === undefined ? undefined : placeOf(nextToken);
        const backwards = place ? place.backwards : input.startFromHead === false;
        const group = groupOf(world, region, input);
        const streams = searched(world, region, group, input);
        const found = world.logs.read(group, {
          streams: new Set(streams.keys()),
          from: startTime,
          // An event of just this time is returned, other than by GetLogEvents.
          to: endTime + 1,
          backwards,
          beyond: place?.id,
        });
        const { events, next } = await fill(found, {
          limit: input.limit,
          most: MOST_LOOKED_AT,
          matches: ({ message }) => matches(message),
        });
        return {
          events: events.map(({ id, stream, ...event }) => ({
            ...event,
            eventId: id,
            logStreamName: streams.get(stream)?.logStreamName,
          })),
          searchedLogStreams: [],
          ...(next !== undefined && { nextToken: tokenOf(next, backwards) }),
        };
      },
    },
  };
}

/** Streams to look through, by id. */
function searched(
  world: World,
  region: string,
  group: LogGroup,
  {
    logStreamNames,
    logStreamNamePrefix,
  }: { logStreamNames?: string[] | undefined; logStreamNamePrefix?: string | undefined },
): Map<string, LogStream> {
  if (logStreamNames && logStreamNamePrefix !== undefined) {
    throw invalid("Only one of logStreamNames and logStreamNamePrefix can be specified.");
  }
  const streams = logStreamNames
    ? logStreamNames.map((name) => streamOf(world, region, group, name))
    : streamsOf(world, region, group).filter(({ logStreamName }) =>
        logStreamName.startsWith(logStreamNamePrefix ?? ""),
      );
  return new Map(streams.map((stream) => [stream.hidden.id, stream]));
}

function tokenOf(id: string, backwards: boolean): string {
  return Buffer.from(`${backwards ? "before" : "after"} ${id}`).toString("base64url");
}

function placeOf(token: string): { backwards: boolean; id: string } {
  const [, side, id] = /^(after|before) (\d{56})$/.exec(Buffer.from(token, "base64url").toString("utf8")) ?? [];
  if (id === undefined) throw invalidToken();
  return { backwards: side === "before", id };
}
