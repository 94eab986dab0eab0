import { destroy } from "../engine/destroy.ts";
import { RunStopped } from "../engine/errors.ts";
import type { Verdict } from "../engine/event.ts";
import type { Observation } from "../engine/observe.ts";
import { EXIT } from "../engine/outcome.ts";
import { asDoomed, observeAll, type Replacement, replacementsIn } from "../engine/replace.ts";
import type { AnyTask, Stack } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { closest } from "../variables/closest.ts";
import type { Session } from "./session.ts";

/** What a person has let be made anew, as far as it has to be. */
export interface Replacing {
  readonly replacements: readonly Replacement[];
  readonly observed: ReadonlyMap<AnyTask, Outcome<Observation>>;
}

/**
 * The tasks that a person has named, by id or by the name of the thing.
 *
 * @throws {RunStopped} there is none of that name, or there are several
 */
export function tasksNamed(stack: Stack, names: readonly string[]): Set<string> {
  return new Set(names.map((name) => taskNamed(stack, name).id));
}

function taskNamed(stack: Stack, name: string): AnyTask {
  const all = stack.stages.flatMap(({ tasks }) => tasks);
  const byId = all.filter(({ id }) => id === name);
  const found = byId.length > 0 ? byId : all.filter((task) => namesOf(task).includes(name));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) {
    const ids = found.map(({ id }) => `--replace ${id}`).join(" or ");
    throw new RunStopped(`${name} is the name of ${found.length} things`, `Say which one: ${ids}.`, EXIT.usage);
  }
  const suggestion = closest(
    name,
    all.flatMap((task) => [task.id, ...namesOf(task)]),
  );
  const next =
    suggestion === undefined ? "`plan` shows what needs replacement." : `Did you mean --replace ${suggestion}?`;
  throw new RunStopped(`stack ${stack.name} has nothing called ${name}`, next, EXIT.usage);
}

function namesOf({ title, desired }: AnyTask): string[] {
  const { name } = desired as { name?: unknown };
  return typeof name === "string" ? [title, name] : [title];
}

/**
 * Looks at the whole stack and answers what of the named tasks has to be made anew. Changes nothing.
 *
 * @throws {RunStopped} a name is unknown, or other stages would lose something that this run does not make again
 */
export async function replacingOf(session: Session, names: readonly string[] = []): Promise<Replacing | undefined> {
  if (names.length === 0) return undefined;
  const { stack, selection } = session;
  const ids = tasksNamed(stack, names);
  const run = session.run({ quiet: true });
  const observed = await observeAll(run, stack);
  const replacements = replacementsIn(run, stack, observed, ids).filter(({ task }) => ids.has(task.id));
  const made = new Set(selection.stages.flatMap(({ tasks }) => tasks));
  const lost = replacements.flatMap(({ task, takes }) => [task, ...takes]).find((task) => !made.has(task));
  if (!lost) return { replacements, observed };
  const stage = stack.stages.find(({ tasks }) => tasks.includes(lost))?.name;
  throw new RunStopped(
    `${lost.title} would have to go, and belongs to stage ${stage}`,
    "Run it with --all, so that everything is made again.",
    EXIT.usage,
  );
}

/** Says what goes. Answers whether something of a person's own goes with it. */
export function announceReplacing({ emit }: Session, { replacements }: Replacing): boolean {
  const going = [...new Set(replacements.flatMap(({ task, takes }) => [task, ...takes]))];
  const lines = going.map(({ title, kind }) => `  ${title}${kind.holds === undefined ? "" : `, and ${kind.holds}`}`);
  const what =
    going.length > 0 ? "This is deleted and made anew:" : "Nothing of what --replace names needs to be made anew.";
  for (const text of [what, ...lines]) emit({ type: "message", level: going.length > 0 ? "warning" : "info", text });
  return going.some(({ kind }) => kind.holds !== undefined);
}

/** Deletes what is to be made anew. Answers how that went. */
export function removeReplaced(
  session: Session,
  { replacements, observed }: Replacing,
): Promise<Map<AnyTask, Outcome<{ verdict: Verdict }>>> {
  return destroy(session.run(), asDoomed(replacements, observed));
}
