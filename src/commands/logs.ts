import { type LogLine, linesSince, stoppedAmong } from "../aws/service-logs.ts";
import { wallClock } from "../engine/clock.ts";
import { EXIT } from "../engine/outcome.ts";
import { wholeDuration } from "../terminal/format.ts";
import { logLine } from "../terminal/log-line.ts";
import { styleFor } from "../terminal/style.ts";
import { inSession, tell } from "./in-session.ts";
import { LogFollower } from "./log-follower.ts";
import { logsOf } from "./logs-of-service.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { runningOf } from "./services.ts";
import type { StackOptions } from "./session.ts";

/** Options of `bia-infra logs`. */
export interface LogsOptions extends Pick<StackOptions, "config" | "target" | "json"> {
  /** Go on with what comes. */
  readonly follow?: boolean;
  /** Milliseconds from now back to the first line. Default: an hour. */
  readonly since?: number;
  /** Of tasks that have stopped, instead of those that run. */
  readonly previous?: boolean;
  /** Lines that match only. */
  readonly grep?: RegExp;
}

const HOUR = 3_600_000;
/** Milliseconds between two looks at logs that are followed. AWS allows five looks a second to an account. (CloudWatch Logs quotas) */
const PAUSE = 1_000;

/**
 * `bia-infra logs [service]`: what the tasks of a service print, as CloudWatch Logs has it. Data on stdout: a line each, or an
 * object with `json`. Answers the exit code.
 *
 * @param name of a service in the stack's cluster; undefined: the stack's own
 */
export function logsCommand(
  name: string | undefined,
  options: LogsOptions,
  surroundings: Surroundings,
): Promise<number> {
  const stopped = options.follow ? EXIT.done : EXIT.interrupted;
  return inSession(
    "logs",
    options,
    surroundings,
    async (session) => {
      const { cluster, service: own } = runningOf(session.stack);
      const service = name ?? own;
      const { places } = await logsOf(session, cluster, service);
      const { since = HOUR, previous = false } = options;
      const follower = new LogFollower(Date.now() - since, previous, (tasks) =>
        stoppedAmong(session.clients, cluster, tasks),
      );
      let told = 0;
      for (;;) {
        const from = follower.begin();
        for (const place of places) {
          for await (const lines of linesSince(session.clients, place, from)) {
            surroundings.signal.throwIfAborted();
            const fresh = (await follower.fresh(lines)).filter(({ message }) => options.grep?.test(message) ?? true);
            for (const line of fresh) process.stdout.write(`${written(line, options)}\n`);
            told += fresh.length;
          }
        }
        if (!options.follow) break;
        await wallClock().sleep(PAUSE, surroundings.signal);
      }
      if (told === 0) tell(nothing(service, options, since), options);
      return EXIT.done;
    },
    stopped,
  );
}

function written(line: LogLine, { json }: LogsOptions): string {
  if (!json) return logLine(line, styleFor(process.stdout.isTTY === true, process.env));
  const { time, task, container, message } = line;
  return JSON.stringify({ at: new Date(time).toISOString(), task, container, message });
}

function nothing(service: string, { previous, grep }: LogsOptions, since: number): string {
  const which = previous ? "no stopped task" : "no running task";
  const how = grep ? ` a line that matches ${grep.source}` : " anything";
  const hint = previous ? "" : "; `bia-infra logs --previous` shows what stopped ones did";
  return `${which} of service ${service} has printed${how} in the last ${wholeDuration(since)}. --since 1d looks further back${hint}.`;
}
