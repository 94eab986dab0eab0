import { liveRows } from "../aws/live.ts";
import { wallClock } from "../engine/clock.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { chooseLiveView } from "../terminal/live-view.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** Milliseconds between two looks. A look takes six calls; on aws they are the whole account's to share. */
const PAUSE = { sandbox: 1_000, aws: 5_000 } as const;

/**
 * `bia-infra status --watch`: how the service, its deployments, tasks and targets and the database are, until Ctrl-C, which ends
 * it with 0. On stdout: a table that is redrawn, for a pipe a line for each change, with `json` an event for each.
 */
export function watchCommand(options: StackOptions, surroundings: Surroundings): Promise<number> {
  return inSession("status", options, surroundings, (session) => watch(session, options, surroundings), EXIT.done);
}

async function watch(
  { stack, clients, target }: Session,
  { json = false }: StackOptions,
  { signal }: Surroundings,
): Promise<number> {
  const running = stack.stages.flatMap((stage) => stage.running ?? [])[0];
  if (!running) throw new Explained(`stack ${stack.name} has nothing to watch`, "");
  const view = chooseLiveView({ json, stdout: process.stdout, env: process.env });
  try {
    for (;;) {
      const rows = await liveRows(clients, running);
      signal.throwIfAborted();
      view.show(rows);
      await wallClock().sleep(PAUSE[target.name], signal);
    }
  } finally {
    view.close();
  }
}
