import { perHourOf } from "../engine/cost.ts";
import { create } from "../engine/create.ts";
import { plan } from "../engine/plan.ts";
import { confirmCreate } from "./confirm.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import { SELF } from "./self.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra create`. */
export interface CreateCommandOptions extends StackOptions {
  /** Do not ask on aws. */
  readonly yes?: boolean;
  /** Take over things of the same name that do not carry our tags. */
  readonly adopt?: boolean;
}

/** Makes the stages true. On aws it shows the plan and asks first; on the sandbox it just does it. */
export function createCommand(options: CreateCommandOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("create", options, surroundings, async (session) => {
    await askFirst(session, options);
    const { tasks, findOnly } = session.selection;
    const outcomes = await create(session.run(), { tasks, findOnly, adopt: options.adopt ?? false });
    return { outcomes, walked: "forward", next: nextCommands(session), ...costOf(session) };
  });
}

async function askFirst(session: Session, options: CreateCommandOptions): Promise<void> {
  if (session.target.name === "sandbox" || options.yes) return;
  const planned = await plan(session.run({ quiet: true }), session.selection);
  await confirmCreate(session, planned, costOf(session).costPerHour);
}

/** US dollars per hour of everything that is up after this run, without what is billed by use; nothing when a price is not known. */
export function costOf({ selection }: Session): { costPerHour?: number } {
  const costPerHour = perHourOf(selection.stages.flatMap(({ costs }) => costs));
  return costPerHour === undefined ? {} : { costPerHour };
}

function nextCommands({ target }: Session): string[] {
  const flag = target.name === "aws" ? " --target aws" : "";
  return [`${SELF} status${flag}`, `${SELF} destroy --all${flag}`];
}
