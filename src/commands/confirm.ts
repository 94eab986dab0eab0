import { RunStopped } from "../engine/errors.ts";
import type { Observation } from "../engine/observe.ts";
import { EXIT } from "../engine/outcome.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { confirm } from "../terminal/ask.ts";
import { price } from "../terminal/format.ts";
import { linkedRolesNotice } from "./linked-roles.ts";
import type { Session } from "./session.ts";

/**
 * Shows what create is about to do in an AWS account and what it will cost, then asks. Answers at once when there is
 * nothing to do.
 *
 * @throws {RunStopped} the person said no, or nobody is there to ask
 */
export async function confirmCreate(
  { emit, account }: Session,
  planned: ReadonlyMap<AnyTask, Outcome<Observation>>,
  costPerHour: number | undefined,
): Promise<void> {
  const lines = [...planned].flatMap(([task, outcome]) => line(task, outcome));
  if (lines.length === 0) return;
  const cost = costPerHour === undefined ? [] : [`All of it together costs about ${price(costPerHour)}.`];
  const roles = linkedRolesNotice(planned);
  for (const text of [...lines, ...(roles ? [`${roles}.`] : []), `This changes AWS account ${account}.`, ...cost]) {
    emit({ type: "message", level: "info", text });
  }
  await goOn();
}

/** Shows what a release is about to change in an AWS account, then asks. @throws {RunStopped} the person said no, or nobody is there to ask */
export async function confirmRelease({ emit, account }: Session, change: string): Promise<void> {
  for (const text of [change, `This changes AWS account ${account}.`]) emit({ type: "message", level: "info", text });
  await goOn();
}

/** @throws {RunStopped} the person said no, or nobody is there to ask */
export async function goOn(): Promise<void> {
  if (await confirm("Go on?")) return;
  throw new RunStopped("you said no, nothing was changed", "Look at it again with `bia-infra plan`.", EXIT.failed);
}

function line(task: AnyTask, outcome: Outcome<Observation>): string[] {
  if (outcome.is !== "done") return [];
  const { verdict } = outcome.result;
  if (verdict.is === "create") return [`+ ${task.title}`];
  if (verdict.is !== "update") return [];
  return [
    `~ ${task.title}: ${verdict.changes.map(({ field, from, to }) => `${field} ${from ?? "none"} -> ${to ?? "none"}`).join(", ")}`,
  ];
}
