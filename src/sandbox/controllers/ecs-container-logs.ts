import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { DockerEngine } from "../machine/machine.ts";
import { nameIn } from "../world/ecs/names.ts";
import { ignoreLoss } from "../world/logs/ignore-loss.ts";
import { NoLogGroup } from "../world/logs/logs.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { agentSession, denied } from "./ecs-task-roles.ts";

/** Lines that wait to be sent; further ones are lost, as in the driver's mode non-blocking, which is ECS's default. */
const MOST_WAITING = 10_000;

/** Where a container's output goes. */
export interface LogStream {
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

/**
 * Docker's `awslogs` driver as ECS configures it: makes the stream of a container that is about to start. Undefined: its
 * output stays on its machine.
 *
 * @param id docker's
 * @throws Error with what docker says where that fails
 */
export function openLog(
  world: World,
  region: Region,
  task: EcsTask,
  definition: TaskDefinition,
  container: ContainerDefinition,
  id: string,
): LogStream | undefined {
  const place = placeOf(region, task, container, id);
  if (!place) return undefined;
  const options = container.logConfiguration?.options ?? {};
  const session = agentSession(world, region, task, definition);
  const arn = `arn:aws:logs:${place.region}:${world.account}:log-group:${place.group}`;
  const check = (what: "group" | "stream", action: string, resource: string) => {
    const why = denied(session, action, resource);
    if (why !== undefined) throw notOpened(what, why);
  };
  check("stream", "logs:CreateLogStream", `${arn}:log-stream:${place.stream}`);
  try {
    world.logs.createStream(place.region, place.group, place.stream);
  } catch (error) {
    if (!(error instanceof NoLogGroup)) throw error;
    if (options["awslogs-create-group"] !== "true") {
      throw notOpened("stream", "ResourceNotFoundException: The specified log group does not exist.");
    }
    check("group", "logs:CreateLogGroup", arn);
    world.logs.createGroup(place.region, place.group);
    world.logs.createStream(place.region, place.group, place.stream);
  }
  return place;
}

/**
 * Sends what a container writes, until it has stopped. What cannot be kept is lost, as with docker.
 *
 * @param since ISO 8601; absent: from its beginning
 */
export async function sendLog(
  world: World,
  containers: DockerEngine["containers"],
  id: string,
  { region, group, stream }: LogStream,
  since?: string,
): Promise<void> {
  let waiting: { timestamp: number; message: string }[] = [];
  let sending: Promise<void> = Promise.resolve();
  const send = async () => {
    const events = waiting;
    waiting = [];
    await world.logs.append(region, group, stream, events).catch(ignoreLoss);
  };
  for await (const { text } of containers.logs(id, { follow: true, ...(since !== undefined && { since }) })) {
    if (waiting.length >= MOST_WAITING) continue;
    waiting.push({ timestamp: world.now().getTime(), message: text });
    if (waiting.length === 1) sending = sending.then(send);
  }
  await sending;
}

/** Where a container's output goes by its definition; undefined: it stays on its machine. */
export function placeOf(
  { name: here }: Region,
  { taskArn }: EcsTask,
  { name, logConfiguration }: ContainerDefinition,
  id: string,
): LogStream | undefined {
  if (logConfiguration?.logDriver !== "awslogs") return undefined;
  const { options = {} } = logConfiguration;
  const prefix = options["awslogs-stream-prefix"];
  return {
    region: options["awslogs-region"] ?? here,
    group: options["awslogs-group"] ?? "",
    stream: prefix === undefined ? id : `${prefix}/${name}/${nameIn(taskArn)}`,
  };
}

function notOpened(what: "group" | "stream", why: string): Error {
  const error = new Error(`failed to initialize logging driver: failed to create Cloudwatch log ${what}: ${why}`);
  error.name = "ContainerError";
  return error;
}
