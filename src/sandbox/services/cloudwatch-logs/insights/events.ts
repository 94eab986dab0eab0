import type { LogGroup } from "../../../world/records.ts";
import type { World } from "../../../world/world.ts";
import { streamsOf } from "../operation.ts";
import type { Row } from "./evaluate.ts";
import type { Value } from "./query.ts";

/** The events of a group from one time to another (milliseconds, both included), with the fields that Insights finds in them. */
export async function eventsOf(
  world: World,
  region: string,
  group: LogGroup,
  { from, to }: { from: number; to: number },
): Promise<Row[]> {
  const streams = new Map(streamsOf(world, region, group).map((stream) => [stream.hidden.id, stream.logStreamName]));
  // What came a moment ago cannot be searched yet.
  const searchable = world.now().getTime() - world.delay("events searchable");
  const rows: Row[] = [];
  const reading = { streams: new Set(streams.keys()), from, to: to + 1, backwards: false, beyond: undefined };
  for await (const { id, message, timestamp, ingestionTime, stream } of world.logs.read(group, reading)) {
    if (ingestionTime > searchable) continue;
    rows.push({
      ...fieldsIn(message),
      "@timestamp": timestamp,
      "@ingestionTime": ingestionTime,
      "@message": message,
      "@logStream": streams.get(stream) ?? "",
      "@log": `${world.account}:${group.logGroupName}`,
      "@ptr": id,
    });
  }
  return rows;
}

/** Of an event that is a JSON object, its members; those of members with dots between. */
function fieldsIn(message: string): Record<string, Value> {
  if (!message.trimStart().startsWith("{")) return {};
  try {
    return Object.fromEntries(membersOf(JSON.parse(message), ""));
  } catch {
    return {};
  }
}

function membersOf(value: unknown, path: string): [string, Value][] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, part]) => membersOf(part, path === "" ? key : `${path}.${key}`));
  }
  return value === null || value === undefined ? [] : [[path, value as Value]];
}
