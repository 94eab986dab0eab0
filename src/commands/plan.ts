import { EXIT, exitCodeOf } from "../engine/outcome.ts";
import { plan } from "../engine/plan.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import { SELF } from "./self.ts";
import type { StackOptions } from "./session.ts";

/** Options of `bia-infra plan`. */
export interface PlanCommandOptions extends StackOptions {
  /** Exit with 3 when there is something to do. */
  readonly exitCode?: boolean;
}

/** Shows what create would do. Makes no changing call, ever. */
export function planCommand(options: PlanCommandOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("plan", options, surroundings, async (session) => {
    const outcomes = await plan(session.run(), session.selection);
    const changes = [...outcomes].filter(([task, outcome]) => {
      if (outcome.is !== "done" || session.selection.findOnly.has(task)) return false;
      return outcome.result.verdict.is === "create" || outcome.result.verdict.is === "update";
    });
    const code = exitCodeOf(outcomes, session.errors, session.interrupted);
    const hasChanges = code === EXIT.done && options.exitCode && changes.length > 0;
    const stages = session.selection.stages.map(({ name }) => `--stage ${name}`).join(" ");
    return {
      outcomes,
      exitCode: hasChanges ? EXIT.planHasChanges : code,
      outputs: {},
      next: changes.length > 0 ? [`${SELF} create ${options.stage ? stages : "--all"}`] : [],
    };
  });
}
