import { type FilteredLogEvent, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
} from "@aws-sdk/client-ecs";
import { nameIn } from "./arn.ts";
import { chunks } from "./chunks.ts";
import type { Clients } from "./clients.ts";
import { isCode } from "./errors.ts";

/** Where containers of a service print to. */
export interface LogPlace {
  readonly group: string;
  /** Region of the group. */
  readonly region: string;
  /** What the names of their streams begin with, `PREFIX/`; undefined: they are called by docker's ids of the containers. */
  readonly prefix: string | undefined;
}

/** Where a service prints to, as its task definition says. */
export interface ServiceLogs {
  /** `FAMILY:REVISION`. */
  readonly taskDefinition: string;
  /** Without those that several containers share. None: nothing is kept in CloudWatch Logs. */
  readonly places: readonly LogPlace[];
}

/** A line that a container has printed. */
export interface LogLine {
  /** Of the event; no two are the same. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Id of the task; the stream's name, where that does not tell it. */
  readonly task: string;
  readonly container: string | undefined;
  readonly message: string;
}

/** Undefined: the cluster has no such service. */
export async function serviceLogsOf(
  { ecs }: Clients,
  cluster: string,
  service: string,
): Promise<ServiceLogs | undefined> {
  const found = await described(ecs, cluster, service);
  if (!found?.taskDefinition) return undefined;
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: found.taskDefinition }),
  );
  const places = (taskDefinition?.containerDefinitions ?? []).flatMap((one) => logPlaceOf(one) ?? []);
  const distinct = new Map(places.map((place) => [`${place.region} ${place.group} ${place.prefix}`, place]));
  return { taskDefinition: nameIn(found.taskDefinition), places: [...distinct.values()] };
}

async function described(ecs: Clients["ecs"], cluster: string, service: string) {
  try {
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    return services.find(({ status }) => status !== "INACTIVE");
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException")) return undefined;
    throw error;
  }
}

/** Where a container of a definition prints to; undefined: not to CloudWatch Logs. */
export function logPlaceOf({ logConfiguration }: ContainerDefinition): LogPlace | undefined {
  const { logDriver, options = {} } = logConfiguration ?? {};
  const { "awslogs-group": group, "awslogs-region": region = "", "awslogs-stream-prefix": prefix } = options;
  return logDriver === "awslogs" && group !== undefined ? { group, region, prefix } : undefined;
}

/** Lines since a time, in the order of their time, as many at a time as AWS answers with; there may be none in an answer. */
export async function* linesSince({ logs }: Clients, place: LogPlace, time: number): AsyncGenerator<LogLine[]> {
  const pages = paginateFilterLogEvents(
    { client: logs },
    {
      logGroupName: place.group,
      startTime: time,
      ...(place.prefix !== undefined && { logStreamNamePrefix: `${place.prefix}/` }),
    },
  );
  for await (const { events = [] } of pages) yield events.map((event) => lineOf(event, place));
}

/** Streams are called `PREFIX/CONTAINER/TASK`. (ECS Developer Guide, "Send ECS logs to CloudWatch") */
function lineOf(
  { eventId = "", timestamp = 0, logStreamName = "", message = "" }: FilteredLogEvent,
  place: LogPlace,
): LogLine {
  const parts = place.prefix === undefined ? [logStreamName] : logStreamName.slice(place.prefix.length + 1).split("/");
  const task = parts.at(-1) ?? logStreamName;
  return { id: eventId, time: timestamp, task, container: parts.length > 1 ? parts[0] : undefined, message };
}

/** Those of these tasks that are stopped; ECS forgets them an hour after that. (DescribeTasks) */
export async function stoppedAmong({ ecs }: Clients, cluster: string, tasks: readonly string[]): Promise<Set<string>> {
  const stopped = new Set(tasks);
  for (const some of chunks(tasks, 100)) {
    const { tasks: found = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: some }));
    for (const { taskArn = "", lastStatus } of found) if (lastStatus !== "STOPPED") stopped.delete(nameIn(taskArn));
  }
  return stopped;
}
