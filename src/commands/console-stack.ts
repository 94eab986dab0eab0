import type { Feed } from "../console/feed.ts";
import { graphOf } from "../engine/graph.ts";
import { taskOutcomes } from "../engine/outcome.ts";
import { status } from "../engine/status.ts";
import { layOut } from "../graph/layout.ts";
import { detailsOf, withMaskedChanges } from "./console-details.ts";
import { tellAgain } from "./console-topics.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { typed } from "./self.ts";
import type { Session, StackOptions } from "./session.ts";

/** Of the whole stack: a look takes some forty calls, which on aws are the whole account's to share. */
const PACE = { sandbox: { least: 3_000, most: 12_000 }, aws: { least: 30_000, most: 60_000 } } as const;

/**
 * `stack` once: the graph. Then again and again `look`: how everything is, as `status` says it, and `details` by the same look:
 * what is wanted of each task, and what `plan` says of it.
 */
export async function tellStack(
  feed: Feed,
  session: Session,
  options: StackOptions,
  { signal }: Surroundings,
): Promise<void> {
  const { stack, selection, target, account, errors } = session;
  const graph = graphOf(stack, selection.tasks);
  const where = { target: target.name, region: target.region, account };
  const commands = { createAll: typed("bia-infra create --all", options), runs: typed("bia-infra runs") };
  feed.tell("stack", { ...graph, ...where, commands, layout: await layOut(graph) });
  await tellAgain(feed, "look", PACE, { session, signal }, async () => {
    const run = session.run({ quiet: true });
    const seen = await status(run, selection.tasks);
    feed.tell("details", await detailsOf(session, run, seen, options));
    // How long a look took is of no interest here, and never the same.
    const outcomes = taskOutcomes(stack, seen, errors, session.interrupted);
    return { tasks: outcomes.map((outcome) => withMaskedChanges({ ...outcome, ms: 0 })) };
  });
}
