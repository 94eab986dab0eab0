import { BILLED } from "../aws/tagged/index.ts";
import { EXIT, exitCodeOf } from "../engine/outcome.ts";
import { status } from "../engine/status.ts";
import { costOf } from "./create.ts";
import { tellLeftovers } from "./leftovers.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { StackOptions } from "./session.ts";

/** Shows what is there, whether it is ready and what has drifted. Changes nothing. Ends with 1 while something that is there is not ready. */
export function statusCommand(options: StackOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("status", options, surroundings, async (session) => {
    const looking = status(session.run(), session.selection.tasks);
    const [outcomes] = await Promise.all([looking, tellLeftovers(session, looking, BILLED)]);
    const removable = [...outcomes].filter(([task]) => task.kind.remove);
    const all = removable.every(([, outcome]) => outcome.is === "done" && outcome.result.actual !== undefined);
    const code = exitCodeOf(outcomes, session.errors, session.interrupted);
    const isReady = [...outcomes.values()].every(
      (outcome) => outcome.is !== "done" || outcome.result.verdict.is !== "not-ready",
    );
    return { outcomes, exitCode: code || (isReady ? EXIT.done : EXIT.failed), ...(all ? costOf(session) : {}) };
  });
}
