import { addedByOthers, type Doomed, destroy, findDoomed } from "../engine/destroy.ts";
import { RunStopped } from "../engine/errors.ts";
import { EXIT, exitCodeOf } from "../engine/outcome.ts";
import { select, withLeftOut } from "../engine/selection.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { confirmByName } from "../terminal/ask.ts";
import { price } from "../terminal/format.ts";
import { costOf } from "./create.ts";
import { tellLeftovers } from "./leftovers.ts";
import { tellLogGroupsOfAws } from "./log-groups-of-aws.ts";
import { type Remains, remainsOf } from "./remains.ts";
import { type Done, runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra destroy`. */
export interface DestroyCommandOptions extends StackOptions {
  /** Do not ask. */
  readonly yes?: boolean;
}

/** Deletes what create made, after showing what that is and asking for the stack's name. */
export function destroyCommand(options: DestroyCommandOptions, surroundings: Surroundings): Promise<number> {
  return runOnStack("destroy", options, surroundings, async (session) => {
    // Nobody is kept waiting for a person, and there is something to delete: the first look can be the only one.
    if (options.yes && (await session.hasMachine)) await session.run().lease.take();
    const stack = withLeftOut(session.stack);
    const chosen = session.selection.stages.map(({ name }) => name);
    const looking = findDoomed(session.run({ quiet: true }), stack, select(stack, chosen));
    const observing = looking.then(({ observed }) => observed);
    // Who is asked may want to know before; the end tells everybody.
    const [doomed] = await Promise.all([looking, options.yes ? undefined : tellLeftovers(session, observing)]);
    refuseIfNeeded(session, doomed);
    for (const text of losses(doomed)) session.emit({ type: "message", level: "warning", text });
    if (doomed.removing.length > 0 && !options.yes) await ask(session, doomed);
    const outcomes = await destroy(session.run(), doomed);
    const remains = session.interrupted ? {} : await remainsOf(session, outcomes);
    if (!session.interrupted) await tellLogGroupsOfAws(session);
    return { outcomes, walked: "reverse", outputs: {}, remains, ...failedBy(session, remains, outcomes) };
  });
}

/** What is left makes a destroy fail, whether a task failed or AWS never told of the thing. */
function failedBy(
  { stack, errors, interrupted }: Session,
  { left = [] }: Remains,
  outcomes: ReadonlyMap<AnyTask, Outcome<unknown>>,
): Pick<Done, "exitCode" | "error"> {
  if (left.length === 0) return {};
  const what = left.length === 1 ? "1 thing is left" : `${left.length} things are left`;
  const lines = left.map(({ service, type, id, why }) => `${type} ${id} (${service}): ${why}`);
  const error = {
    what: `${what} of stack ${stack.name}`,
    why: lines.join("\n"),
    next: "Run the same command again: it goes on from what is left. What the variables do not describe any more, let them describe again, or remove it in the AWS console.",
  };
  return { error, exitCode: exitCodeOf(outcomes, errors, interrupted) || EXIT.failed };
}

/** A stage that a later one stands on can only go with it, or after it. */
function refuseIfNeeded({ stack }: Session, { inTheWay }: Doomed): void {
  const first = inTheWay[0];
  if (!first) return;
  const stage = stack.stages.find(({ tasks }) => tasks.includes(first))?.name;
  const titles = inTheWay.map(({ title }) => title).join(", ");
  throw new RunStopped(
    `other stages still need this one: ${titles}`,
    `Destroy stage ${stage} first, or use --all.`,
    EXIT.failed,
  );
}

/** @throws {RunStopped} the person did not type the name, or nobody is there to ask */
async function ask(session: Session, doomed: Doomed): Promise<void> {
  const { stack, emit } = session;
  for (const text of announcement(session, doomed)) emit({ type: "message", level: "warning", text });
  if (await confirmByName("This cannot be undone.", stack.name)) return;
  throw new RunStopped(
    "the name was not typed, nothing was deleted",
    "Add --yes to delete without being asked.",
    EXIT.failed,
  );
}

function announcement(session: Session, { removing, foreign, observed }: Doomed): string[] {
  const { costPerHour } = costOf(session);
  const { others, elsewhere } = leftAlone(foreign, observed);
  return [
    `This deletes, of stack ${session.stack.name}:`,
    ...removing.map((task) => `  ${titleWithLoss(task)}`),
    ...(others.length > 0 ? ["Left alone, because someone else made it:"] : []),
    ...others.map(({ title }) => `  ${title}`),
    ...(elsewhere.length > 0
      ? ["Left alone, because it belongs to the stack of the same name in another region:"]
      : []),
    ...elsewhere,
    ...(costPerHour === undefined ? [] : [`All of the stage costs ${price(costPerHour)} on AWS while it is up.`]),
  ];
}

/** What is not ours, by whose it is. */
function leftAlone(foreign: Doomed["foreign"], observed: Doomed["observed"]) {
  const regionOf = (task: AnyTask) => {
    const outcome = observed.get(task);
    const verdict = outcome?.is === "done" ? outcome.result.verdict : undefined;
    return verdict?.is === "elsewhere" ? verdict.region : undefined;
  };
  return {
    others: foreign.filter((task) => regionOf(task) === undefined),
    elsewhere: foreign.flatMap((task) => (regionOf(task) === undefined ? [] : [`  ${task.title} (${regionOf(task)})`])),
  };
}

/** Said even to those who are not asked: it is not theirs alone. */
function losses(doomed: Doomed): string[] {
  return [...addedByOthers(doomed)].map(
    ([{ title }, added]) => `${title} goes with what others have added to it: ${added.join(", ")}`,
  );
}

function titleWithLoss({ title, kind }: AnyTask): string {
  return kind.holds === undefined ? title : `${title}, and ${kind.holds}`;
}
