import { firstIdOf } from "../../world/logs/log-book.ts";
import type { World } from "../../world/world.ts";
import { fill } from "./event-page.ts";
import { groupOf, invalidToken, type LogsOperations, streamOf } from "./operation.ts";

/** A place between the events of a stream. */
interface Place {
  readonly direction: "f" | "b";
  /** Id of an event. Forward: go on after it; backward: before it. */
  readonly id: string;
}

/** GetLogEvents: the events of one stream, forward and backward. */
export function getEventsOperations(world: World): LogsOperations {
  return {
    GetLogEvents: {
      accepts: [
        "logGroupName",
        "logGroupIdentifier",
        "logStreamName",
        "startTime",
        "endTime",
        "nextToken",
        "limit",
        "startFromHead",
      ],
      async handle({ startTime = 0, endTime = Infinity, nextToken, startFromHead = false, ...input }, { region }) {
        const place = nextToken === undefined ? undefined : placeOf(nextToken);
        const group = groupOf(world, region, input);
        const stream = streamOf(world, region, group, input.logStreamName);
        const backwards = place ? place.direction === "b" : !startFromHead;
        const found = world.logs.read(group, {
          streams: new Set([stream.hidden.id]),
          from: startTime,
          to: endTime,
          backwards,
          beyond: place?.id,
        });
        const { events } = await fill(found, { limit: input.limit });
        if (backwards) events.reverse();
        // At an end the token is the one that was passed in, so that whoever asks again goes on from there.
        const end = place?.id ?? firstIdOf(startTime);
        return {
          events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
          nextForwardToken: `f/${events.at(-1)?.id ?? end}`,
          nextBackwardToken: `b/${events[0]?.id ?? end}`,
        };
      },
    },
  };
}

function placeOf(token: string): Place {
  const [, direction, id] = /^([fb])\/(\d{56})$/.exec(token) ?? [];
  if (id === undefined) throw invalidToken();
  return { direction: direction === "f" ? "f" : "b", id };
}
