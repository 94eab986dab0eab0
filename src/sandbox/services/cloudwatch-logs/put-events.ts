import type { InputLogEvent, RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { LogGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { groupOf, invalid, type LogsOperations, streamOf } from "./operation.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MOST_BYTES = 1_048_576;
/** What each event counts beside its message. */
const OVERHEAD = 26;

interface Sent {
  readonly timestamp: number;
  readonly message: string;
}

/** PutLogEvents. Its limits are those of its reference. */
export function putEventsOperations(world: World): LogsOperations {
  return {
    PutLogEvents: {
      accepts: ["logGroupName", "logStreamName", "logEvents", "sequenceToken"],
      async handle({ logGroupName, logStreamName, logEvents = [] }, { region }) {
        const events = checked(logEvents);
        const group = groupOf(world, region, { logGroupName });
        const stream = streamOf(world, region, group, logStreamName);
        const { accepted, rejected } = sorted(events, world.now().getTime(), world.logs.expiredBefore(group));
        if (spanOf(accepted) > DAY) {
          throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
        }
        await world.logs.append(region, group.logGroupName, stream.logStreamName, accepted);
        return {
          // Nobody needs it any more, and it is still answered.
          nextSequenceToken: tokenAfter(group, events),
          ...(rejected && { rejectedLogEventsInfo: rejected }),
        };
      },
    },
  };
}

function checked(events: readonly InputLogEvent[]): Sent[] {
  let bytes = 0;
  let before = 0;
  return events.map(({ timestamp = 0, message = "" }, _index) => {
    const size = Buffer.byteLength(message) + OVERHEAD;
    if (size > MOST_BYTES) throw invalid(`Log event too large: ${size} bytes exceeds limit of ${MOST_BYTES}`);
    bytes += size;
    if (bytes > MOST_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MOST_BYTES}`);
    if (timestamp < before) {
      throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
    }
    before = timestamp;
    return { timestamp, message };
  });
}

/** Events of another time than AWS takes are told by their place, and the others are kept. */
function sorted(events: readonly Sent[], now: number, expiredBefore: number) {
  const tooOld = countBefore(events, now - 14 * DAY);
  const expired = countBefore(events, expiredBefore);
  const tooNew = countBefore(events, now + 2 * HOUR + 1);
  const rejected: RejectedLogEventsInfo = {
    ...(tooNew < events.length && { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  };
  return {
    accepted: events.slice(Math.max(tooOld, expired), tooNew),
    rejected: Object.keys(rejected).length > 0 ? rejected : undefined,
  };
}

function countBefore(events: readonly Sent[], time: number): number {
  const index = events.findIndex(({ timestamp }) => timestamp >= time);
  return index < 0 ? events.length : index;
}

function spanOf(events: readonly Sent[]): number {
  return (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0);
}

function tokenAfter({ creationTime }: LogGroup, events: readonly Sent[]): string {
  return `${creationTime}${events.at(-1)?.timestamp}`.padStart(56, "4");
}
