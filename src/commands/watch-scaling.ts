import { scalingNow } from "../aws/scaling-now.ts";
import { wallClock } from "../engine/clock.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { chooseLiveView } from "../terminal/live-view.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { ScalingCourse } from "./scaling-course.ts";
import type { Session, StackOptions } from "./session.ts";

/** Milliseconds between two looks. CloudWatch has a value a minute, and bills each that is read on aws. */
const PAUSE = { sandbox: 1_000, aws: 10_000 } as const;

/** Options of `bia-infra watch scaling`. */
export interface WatchScalingOptions extends Omit<StackOptions, "stage"> {
  /** Milliseconds. Absent: until Ctrl-C. */
  readonly for?: number;
}

/**
 * `bia-infra watch scaling`: the metric of the stack's scaled service beside its target, the alarms, the counts, and what was done
 * lately, until Ctrl-C, which ends it with 0. On stdout: a chart and a table that are redrawn, for a pipe a line for each
 * change, with `json` an event for each.
 */
export function watchScalingCommand(options: WatchScalingOptions, surroundings: Surroundings): Promise<number> {
  return inSession("watch", options, surroundings, (session) => watch(session, options, surroundings), EXIT.done);
}

async function watch(
  { stack, clients, target }: Session,
  { json = false, for: longest }: WatchScalingOptions,
  { signal }: Surroundings,
): Promise<number> {
  const scaled = stack.stages.flatMap(({ scales }) => scales ?? [])[0];
  if (!scaled)
    throw new Explained(`stack ${stack.name} scales no service`, "`bia-infra stacks` lists those that there are.");
  const end = new AbortController();
  const stop = () => end.abort();
  signal.addEventListener("abort", stop, { once: true });
  const timer = longest === undefined ? undefined : setTimeout(stop, longest);
  const now = target.now ?? Date.now;
  const view = chooseLiveView({ json, stdout: process.stdout, env: process.env });
  const course = new ScalingCourse();
  try {
    while (!end.signal.aborted) {
      const scaling = await scalingNow(clients, scaled, now());
      signal.throwIfAborted();
      view.show(scaling.rows, course.with(scaling, now()));
      await wallClock()
        .sleep(PAUSE[target.name], end.signal)
        .catch(() => {});
    }
    return EXIT.done;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    view.close();
  }
}
