import { stripVTControlCharacters } from "node:util";
import { consoleOutputOf } from "../aws/console-output.ts";
import { type LogStream, linesAfter, logStreamOf } from "../aws/container-log.ts";
import type { FollowLog } from "../console/log.ts";
import { wallClock } from "../engine/clock.ts";
import { Explained } from "../engine/errors.ts";
import { type Place, placeNamed } from "./console-machines.ts";
import { forPage } from "./for-page.ts";
import type { Called } from "./self.ts";
import type { Session } from "./session.ts";

/** Lines of a container that are shown at first. */
const LAST = 500;
/** Milliseconds between two looks at a container's log: AWS lets an account make 25 a second in most regions. (CloudWatch Logs quotas, GetLogEvents) */
const PAUSE = 1_000;
/** Milliseconds between two looks at a machine's console. */
const CONSOLE_PAUSE = { sandbox: 1_000, aws: 15_000 } as const;

/** The logs of the stack's machines, which are their consoles, and of its containers, which are in CloudWatch Logs. */
export function logsOfPlaces(session: Session, called: Called): FollowLog {
  return (name, tell, signal) =>
    forPage(session, called, signal, async () => {
      const place = await placeNamed(session, name);
      if ("machine" in place) await followConsole(session, place.machine.id, tell, signal);
      else await followStream(session, await streamOf(session, place), tell, signal);
    });
}

async function followConsole(
  { clients, target }: Session,
  instanceId: string,
  tell: Parameters<FollowLog>[1],
  signal: AbortSignal,
): Promise<void> {
  let told: string | undefined;
  for (;;) {
    const output = await consoleOutputOf(clients, instanceId);
    if (output !== told) await tell({ anew: true, lines: linesOf(output) });
    told = output;
    await wallClock().sleep(CONSOLE_PAUSE[target.name], signal);
  }
}

function linesOf(output: string) {
  const lines = stripVTControlCharacters(output).replaceAll("\r", "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((text) => ({ text }));
}

/** @throws {Explained} nothing of it is kept, or in another region */
async function streamOf({ clients, target }: Session, place: Extract<Place, { task: unknown }>): Promise<LogStream> {
  const { task, container } = place;
  const { name, runtimeId } = container;
  const stream = await logStreamOf(clients, { revision: task.revision, task: task.id, name, runtimeId });
  if (stream === undefined) {
    const next = "A log driver awslogs in its task definition would keep it in CloudWatch Logs.";
    throw new Explained(`nothing of what container ${name} prints is kept`, next);
  }
  if (stream.region === target.region) return stream;
  const next = `Read it there: aws logs tail ${stream.group} --region ${stream.region}`;
  throw new Explained(`container ${name} prints to CloudWatch Logs of another region`, next);
}

async function followStream(
  { clients }: Session,
  stream: LogStream,
  tell: Parameters<FollowLog>[1],
  signal: AbortSignal,
): Promise<void> {
  let next: string | undefined;
  for (let isFirst = true; ; isFirst = false) {
    const found = await linesAfter(clients, stream, next, LAST);
    const isEnd = found.next === next;
    next = found.next;
    if (found.lines.length > 0 || isFirst) await tell({ anew: isFirst, lines: found.lines });
    signal.throwIfAborted();
    if (isEnd || found.lines.length === 0) await wallClock().sleep(PAUSE, signal);
  }
}
