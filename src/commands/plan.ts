import { BILLED } from "../aws/tagged/index.ts";
import type { Observation } from "../engine/observe.ts";
import { EXIT, exitCodeOf } from "../engine/outcome.ts";
import { plan } from "../engine/plan.ts";
import { createStages } from "../engine/refusals.ts";
import { elsewhere } from "../engine/run.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { appSource } from "../remote/app/source.ts";
import { type AppSource, checkedPack, envNotice } from "../remote/app/source-check.ts";
import { tellLeftovers } from "./leftovers.ts";
import { linkedRolesNotice } from "./linked-roles.ts";
import { isRefused, missingStages, withMadeAnew } from "./planned.ts";
import { tasksNamed } from "./replace.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra plan`. */
export interface PlanCommandOptions extends StackOptions {
  /** Exit with 3 when there is something to do. */
  readonly exitCode?: boolean;
  /** Ids or names of what create would be let make anew. */
  readonly replace?: readonly string[];
}

/** Shows what create would do. Makes no changing call, ever. */
export function planCommand(options: PlanCommandOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("plan", options, surroundings, async (session) => {
    const allowed = tasksNamed(session.stack, options.replace ?? []);
    const run = session.run();
    const looking = plan(run, session.selection).then((outcomes) => withMadeAnew(session, run, outcomes, allowed));
    const [outcomes] = await Promise.all([looking, tellLeftovers(session, looking, BILLED)]);
    const changes = [...outcomes].filter(([task, outcome]) => {
      if (outcome.is !== "done" || session.selection.findOnly.has(task)) return false;
      return ["create", "update", "replace"].includes(outcome.result.verdict.is);
    });
    const code = exitCodeOf(outcomes, session.errors, session.interrupted);
    const missing = missingStages(session.selection, outcomes);
    const isBlocked = [...outcomes.values()].some(
      (one) => one.is === "done" && ["blocked", "elsewhere"].includes(one.result.verdict.is),
    );
    const hasChanges = code === EXIT.done && options.exitCode && (isBlocked || changes.length > 0);
    // What create would refuse is not what one would want next, nor is it for us to suggest that something is deleted.
    const refused = changes.flatMap(([task, outcome]) =>
      isRefused(outcome) && !allowed.has(task.id) ? [task.id] : [],
    );
    const verb = refused.length > 0 ? "plan" : "create";
    const roles = linkedRolesNotice(outcomes);
    if (roles) session.emit({ type: "message", level: "info", text: roles });
    for (const text of await staysBehind(outcomes)) session.emit({ type: "message", level: "warning", text });
    for (const text of refusedElsewhere(session, outcomes)) session.emit({ type: "message", level: "warning", text });
    const flags = [...allowed, ...refused].map((id) => `--replace ${id}`);
    const stages = session.selection.stages.map(({ name }) => `--stage ${name}`).join(" ");
    return {
      outcomes,
      exitCode: hasChanges ? EXIT.planHasChanges : code,
      outputs: {},
      next:
        missing.length > 0
          ? [createStages(missing)]
          : changes.length > 0 && !isBlocked && code === EXIT.done
            ? [["bia-infra", verb, options.stage ? stages : "--all", ...flags].join(" ")]
            : [],
    };
  });
}

/** What the app's compose file seems to want, and what would not travel with its source. */
async function staysBehind(outcomes: ReadonlyMap<AnyTask, Outcome<Observation>>): Promise<string[]> {
  const sent = [...outcomes].filter(([{ kind }, outcome]) => {
    if (kind !== appSource || outcome.is !== "done") return false;
    return ["create", "update"].includes(outcome.result.verdict.is);
  });
  const notices = sent.map(async ([{ desired }]) => {
    const { source } = desired as { readonly source: AppSource };
    return "git" in source ? undefined : envNotice(await checkedPack(source.folder));
  });
  return (await Promise.all(notices)).filter((text) => text !== undefined);
}

/** Why create would make nothing: things belong to the stack of the same name in another region. */
function refusedElsewhere({ stack, run }: Session, outcomes: ReadonlyMap<AnyTask, Outcome<Observation>>): string[] {
  const found = [...outcomes].flatMap(([task, outcome]) => {
    if (outcome.is !== "done" || outcome.result.verdict.is !== "elsewhere") return [];
    const other = elsewhere(run({ quiet: true }), task, outcome.result.actual);
    return other ? [{ title: task.title, ...other }] : [];
  });
  const [first] = found;
  if (!first) return [];
  const titles = found.map(({ title }) => title).join(", ");
  return [`create refuses this: ${titles}: of stack ${stack.name} in ${first.region}. ${first.next}`];
}
