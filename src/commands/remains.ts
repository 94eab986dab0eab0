import { type TaggedScan, type TaggedThing, taggedWith } from "../aws/tagged/index.ts";
import { explainError } from "../engine/errors.ts";
import type { Left, Report, Standing, Verdict } from "../engine/event.ts";
import { withLeftOut } from "../engine/selection.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import type { Session } from "./session.ts";

/** What a destroy left behind, as the report carries it. */
export type Remains = Pick<Report, "left" | "standing" | "unseen">;

/** Milliseconds for which AWS may go on listing what it has deleted, and between two looks. */
const LISTED_AFTER_THE_END = 60_000;
const PAUSE = 2_000;

type Outcomes = ReadonlyMap<AnyTask, Outcome<{ readonly verdict: Verdict }>>;

/**
 * Looks in every service for what still carries the stack's tag, in the stages that were chosen. Things that this run has
 * removed are given a minute to disappear from AWS's listings.
 */
export async function remainsOf(session: Session, outcomes: Outcomes): Promise<Remains> {
  const run = session.run();
  const { clock, signal } = run;
  const until = clock.now() + LISTED_AFTER_THE_END;
  for (;;) {
    const scan = await taggedWith(session.clients, session.stack.name);
    const standing = await ofOtherRegions(session, scan);
    const things = ofChosenStages(session, scan).filter((thing) => !standing.has(thing));
    const late = things.some((thing) => isRemoved(outcomeOf(outcomes, thing)));
    if (late && clock.now() < until && !signal.aborted) {
      await clock.sleep(PAUSE, signal).catch(() => {});
      run.forget();
      continue;
    }
    const left = things.map((thing) => ({
      ...placeOf(thing),
      why: reasonFor(session, thing, outcomeOf(outcomes, thing)),
    }));
    return {
      left,
      ...(standing.size === 0 ? {} : { standing: [...standing.values()] }),
      ...(scan.unseen.length === 0 ? {} : { unseen: scan.unseen }),
    };
  }
}

/** What stands for the stacks of other regions, by the thing: services without regions list that too. */
export async function ofOtherRegions({ places }: Session, { things }: TaggedScan): Promise<Map<TaggedThing, Standing>> {
  const standing = new Map<TaggedThing, Standing>();
  for (const thing of things.filter(({ global }) => global)) {
    await places.locate(thing.tags);
    const other = places.elsewhere(thing.tags);
    if (other) standing.set(thing, { ...placeOf(thing), region: other.region });
  }
  return standing;
}

/** Things of other stages are not left over: nobody asked for their end. */
function ofChosenStages({ stack, selection }: Session, { things }: TaggedScan): TaggedThing[] {
  const { stages } = withLeftOut(stack);
  const chosen = new Set(selection.stages.map(({ name }) => name));
  const others = stages.filter(({ name }) => !chosen.has(name)).flatMap(({ tasks }) => tasks);
  return things.filter(({ task }) => !others.some(({ id }) => id === task));
}

function outcomeOf(outcomes: Outcomes, thing: TaggedThing) {
  return [...outcomes].find(([task]) => task.id === thing.task)?.[1];
}

/** Of a volume: that it is the disk of an instance; of an instance: that it belongs to a scaling group. */
export function goesWith({ type, id, partOf }: TaggedThing): string {
  if (type === "database snapshot") {
    return `somebody made it of database ${partOf}, and it is theirs: to keep it take its tags away, else delete it with aws rds delete-db-snapshot --db-snapshot-identifier ${id}`;
  }
  return type === "volume" ? `it is the disk of instance ${partOf}` : `it belongs to ${partOf}`;
}

function isRemoved(outcome: ReturnType<typeof outcomeOf>): boolean {
  return outcome?.is === "done" && outcome.result.verdict.is === "remove";
}

function placeOf({ service, type, id }: TaggedThing): Omit<Left, "why"> {
  return { service, type, id };
}

function reasonFor({ errors }: Session, thing: TaggedThing, outcome: ReturnType<typeof outcomeOf>): string {
  if (thing.type === "database snapshot") return goesWith(thing);
  if (outcome === undefined) return "the stack, as the variables describe it now, has no such part";
  if (outcome.is === "skipped") return outcome.because;
  if (outcome.is === "failed") return explainError(errors, outcome.error).why;
  if (isRemoved(outcome)) return "AWS still lists it although it was deleted";
  if (thing.partOf !== undefined) return goesWith(thing);
  return "it is not found by the name that the variables give it now";
}
