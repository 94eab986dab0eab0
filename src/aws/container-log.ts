import { GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import type { Clients } from "./clients.ts";
import { isCode } from "./errors.ts";
import { logPlaceOf } from "./service-logs.ts";

/** A container of a task, as its log's name tells. */
export interface LoggedContainer {
  /** Task definition, `family:revision`. */
  readonly revision: string;
  readonly task: string;
  readonly name: string;
  /** Docker's id of it; undefined: it has not been made yet. */
  readonly runtimeId: string | undefined;
}

/** The stream of CloudWatch Logs that one container prints to. */
export interface LogStream {
  readonly group: string;
  readonly stream: string;
  /** Region of the group. */
  readonly region: string;
}

/** Lines of a stream, and where the next ones begin. */
export interface StreamLines {
  /** Times are milliseconds since the epoch. */
  readonly lines: readonly { readonly at: number; readonly text: string }[];
  /** For the next look; the same as before: there was nothing more. */
  readonly next: string | undefined;
}

/** Where a container prints to. Undefined: nothing of it is kept in CloudWatch Logs. */
export async function logStreamOf(
  { ecs }: Pick<Clients, "ecs">,
  { revision, task, name, runtimeId }: LoggedContainer,
): Promise<LogStream | undefined> {
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: revision }));
  const definition = taskDefinition?.containerDefinitions?.find((one) => one.name === name);
  const place = definition && logPlaceOf(definition);
  if (!place) return undefined;
  const stream = place.prefix === undefined ? runtimeId : `${place.prefix}/${name}/${task}`;
  return stream === undefined ? undefined : { group: place.group, stream, region: place.region };
}

/**
 * The last lines of a stream, or those after a place in it. Of a stream that is not there yet none.
 *
 * @param after what an earlier look answered as `next`; undefined: the end is wanted
 * @param most lines that the first look answers
 */
export async function linesAfter(
  { logs }: Pick<Clients, "logs">,
  { group, stream }: LogStream,
  after: string | undefined,
  most: number,
): Promise<StreamLines> {
  const where = { logGroupName: group, logStreamName: stream };
  const request = new GetLogEventsCommand(
    after === undefined ? { ...where, limit: most } : { ...where, nextToken: after },
  );
  try {
    const { events = [], nextForwardToken } = await logs.send(request);
    return {
      lines: events.map(({ timestamp = 0, message = "" }) => ({ at: timestamp, text: message })),
      next: nextForwardToken,
    };
  } catch (error) {
    if (after === undefined && isCode(error, "ResourceNotFoundException")) return { lines: [], next: undefined };
    throw error;
  }
}
