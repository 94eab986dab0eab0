import { status } from "../engine/status.ts";
import { costOf } from "./create.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { StackOptions } from "./session.ts";

/** Shows what is there, whether it is ready and what has drifted. Changes nothing. */
export function statusCommand(options: StackOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("status", options, surroundings, async (session) => {
    const outcomes = await status(session.run(), session.selection.tasks);
    const removable = [...outcomes].filter(([task]) => task.kind.remove);
    const all = removable.every(([, outcome]) => outcome.is === "done" && outcome.result.actual !== undefined);
    return { outcomes, ...(all ? costOf(session) : {}) };
  });
}
