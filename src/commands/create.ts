import { perHourOf } from "../engine/cost.ts";
import { create } from "../engine/create.ts";
import { plan } from "../engine/plan.ts";
import { markReplaced } from "../engine/replace.ts";
import { confirmCreate, goOn } from "./confirm.ts";
import { announceReplacing, type Replacing, removeReplaced, replacingOf } from "./replace.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra create`. */
export interface CreateCommandOptions extends StackOptions {
  /** Do not ask on aws. */
  readonly yes?: boolean;
  /** Take over things of the same name that do not carry our tags. */
  readonly adopt?: boolean;
  /** Ids or names of what may be deleted and made anew, because AWS cannot change it as wanted. */
  readonly replace?: readonly string[];
}

/** Makes the stages true. On aws it shows the plan and asks first; on the sandbox it just does it. */
export function createCommand(options: CreateCommandOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("create", options, surroundings, async (session) => {
    const replacing = await replacingOf(session, options.replace);
    await askFirst(session, options, replacing);
    const removed = replacing && (await removeReplaced(session, replacing));
    if (removed && [...removed.values()].some(({ is }) => is !== "done"))
      return { outcomes: removed, walked: "reverse" };
    const { tasks, findOnly } = session.selection;
    const isNeeded = await isMachineMissing(session);
    const outcomes = await create(session.run(), { tasks, findOnly, adopt: options.adopt ?? false, isNeeded });
    if (replacing) markReplaced(outcomes, replacing.replacements);
    return { outcomes, walked: "forward", next: ["bia-infra status", "bia-infra destroy --all"], ...costOf(session) };
  });
}

/** Whether there is something to make for sure: a work machine is asked for, and none is there. */
export async function isMachineMissing({ selection, hasMachine }: Session): Promise<boolean> {
  return selection.stages.some(({ workMachine }) => workMachine) && !(await hasMachine);
}

/** @throws {RunStopped} the person said no, or nobody is there to ask */
async function askFirst(
  session: Session,
  options: CreateCommandOptions,
  replacing: Replacing | undefined,
): Promise<void> {
  const losesData = replacing !== undefined && announceReplacing(session, replacing);
  if (options.yes) return;
  if (session.target.name === "sandbox") return losesData ? goOn() : undefined;
  const planned = await plan(session.run({ quiet: true }), session.selection);
  await confirmCreate(session, planned, costOf(session).costPerHour);
}

/** US dollars per hour of everything that is up after this run, without what is billed by use; nothing when a price is not known. */
export function costOf({ selection }: Session): { costPerHour?: number } {
  const costPerHour = perHourOf(selection.stages.flatMap(({ costs }) => costs));
  return costPerHour === undefined ? {} : { costPerHour };
}
