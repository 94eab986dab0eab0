import { differencesOf } from "./differences.ts";
import { Explained, explainError, NotYet } from "./errors.ts";
import type { Change, Verdict } from "./event.ts";
import type { Sight } from "./look-ahead.ts";
import { Patience, type Stall } from "./patience.ts";
import { absence, brokenness, unfitness } from "./refusals.ts";
import { elsewhere, isOurs, look, missingMarks, noteOf, type Run } from "./run.ts";
import { type AnyTask, isUsable } from "./task.ts";
import type { Step } from "./walk.ts";

/** A task brought to where it should be. */
export interface Ensured {
  readonly actual: unknown;
  readonly verdict: Verdict;
  /** What differs and is left as it is. */
  readonly left: readonly Change[];
}

/** How to treat what is there. */
export interface EnsureOptions {
  /** Only look: for tasks of stages that were not asked for but must be there. */
  readonly findOnly: boolean;
  /** Put our tags on things that someone else made, and treat them as ours from then on. */
  readonly adopt: boolean;
  /** What a look at all tasks has told of this one, if that still holds; undefined: it has to be looked for. Default: nothing. */
  readonly seenBefore?: () => Promise<Sight | undefined>;
}

/**
 * Observe, ensure, sync, wait: makes one task true and waits until it is ready. It only ever acts on what it has just
 * seen, so it can start from any half-made state, and a look that lags behind AWS costs time and nothing else.
 *
 * @param seen told about what was found as soon as the thing exists and is usable
 */
export async function ensure<Aws>(
  run: Run<Aws>,
  task: AnyTask,
  desired: unknown,
  step: Step,
  options: EnsureOptions,
  seen: (actual: unknown) => void,
): Promise<Ensured> {
  const effort = new Effort(run, task, desired, step, options);
  for (;;) {
    // What was read before the lock was ours may be changed by its holder: read again before acting on it.
    const locked = run.lease.held;
    const actual = await effort.find();
    if (actual !== undefined && !task.kind.leaving?.(actual) && isUsable(task, actual)) seen(actual);
    const move = effort.next(actual);
    if (move.is === "done") return { actual, verdict: effort.verdict, left: effort.left };
    if (move.is === "wait") await effort.wait(move, actual);
    else if (!locked) await run.lease.take();
    else await effort.make(move);
  }
}

/** Thrown of a thing that is not there, and is not made because its stage was not asked for. */
export class OfOtherStage extends Error {
  override readonly name = "OfOtherStage";
}

type Move =
  | { readonly is: "done" }
  /** `shown`: until what was changed is seen, not until it is ready. */
  | { readonly is: "wait"; readonly reason: string; readonly shown?: true }
  | { readonly is: "create" }
  | { readonly is: "adopt"; readonly actual: unknown; readonly changes: readonly Change[] }
  | { readonly is: "update"; readonly actual: unknown; readonly changes: readonly Change[] };

class Effort<Aws> {
  readonly #patience: Patience;
  readonly #run: Run<Aws>;
  readonly #task: AnyTask;
  readonly #desired: unknown;
  readonly #step: Step;
  readonly #options: EnsureOptions;
  #created = false;
  #adopted = false;
  /** All changes made so far, and the fields of the last update: the same ones again means that AWS shows them late. */
  readonly #changes: Change[] = [];
  #lastUpdate = "";
  /** What the change just made has answered: as good as a look, once. */
  #answered: unknown;
  /** Whether that is what was last seen. */
  #isAnswer = false;
  /** What was broken and is done again: AWS may show it for a little longer. */
  #redone: string | undefined;
  /** What ailed the thing when it was last updated: the same again is not the update's doing. */
  #ailed: string | undefined;
  #followed: unknown;
  #foreign: readonly Change[] | undefined;
  #left: readonly Change[] = [];

  constructor(run: Run<Aws>, task: AnyTask, desired: unknown, step: Step, options: EnsureOptions) {
    this.#run = run;
    this.#task = task;
    this.#desired = desired;
    this.#step = step;
    this.#options = options;
    this.#patience = new Patience(run, task, step.slack);
  }

  get verdict(): Verdict {
    // Before `create`: a create that met an "already exists" may have met someone else's thing.
    if (this.#foreign) return { is: "foreign", changes: this.#foreign };
    if (this.#created) return { is: "create" };
    return this.#changes.length > 0 ? { is: "update", changes: this.#changes } : { is: "unchanged" };
  }

  /** What differs and is left as it is, by the last look. */
  get left(): readonly Change[] {
    return this.#left;
  }

  async find(): Promise<unknown> {
    const answered = this.#answered;
    this.#answered = undefined;
    this.#isAnswer = answered !== undefined;
    if (this.#isAnswer) return answered;
    const sight = await this.#options.seenBefore?.();
    if (sight?.known) return sight.actual;
    return this.#step.call(() => look(this.#run, this.#task, this.#desired));
  }

  /** What to do about what was just seen. */
  next(actual: unknown): Move {
    const { kind } = this.#task;
    if (actual === undefined) return this.#nextWhenAbsent();
    if (kind.leaving?.(actual)) return { is: "wait", reason: "the old one is still being deleted" };
    const other = elsewhere(this.#run, this.#task, actual);
    if (other) throw new Explained(`it belongs to the stack of the same name in ${other.region}`, other.next);
    const broken = brokenness(this.#task, actual);
    const doneHere = this.#created || this.#lastUpdate !== "";
    if (broken !== undefined && kind.redo && !doneHere && !this.#options.findOnly) {
      this.#redone = JSON.stringify(actual);
      return { is: "create" };
    }
    if (broken !== undefined && JSON.stringify(actual) === this.#redone) return { is: "wait", ...NOT_SHOWN_YET };
    const { changes, left } = differencesOf(this.#task, this.#desired, actual);
    if (broken !== undefined && !this.#mayHeal(broken.why, changes)) throw new Explained(broken.why, broken.next);
    this.#left = left;
    if (!isOurs(this.#run, this.#task, actual) && !this.#adopted) {
      if (this.#options.adopt && !this.#options.findOnly && kind.adopt)
        return { is: "adopt", actual, changes: ADOPTED };
      const unfit = unfitness(this.#task, changes);
      if (unfit) throw new Explained(unfit.why, unfit.next);
      this.#foreign = changes;
    } else if (!this.#options.findOnly) {
      const marks = this.#adopted ? [] : missingMarks(this.#run, this.#task, actual);
      if (marks.length > 0) return { is: "adopt", actual, changes: marks };
      if (changes.length > 0) return this.#nextWhenDifferent(actual, changes);
    }
    const reason = kind.pending?.(actual);
    return reason === undefined ? { is: "done" } : { is: "wait", reason };
  }

  /** Not what has failed since an update of this run, such as a service that AWS has put back on the revision before. */
  #mayHeal(why: string, changes: readonly Change[]): boolean {
    if (!this.#task.kind.heals || changes.length === 0) return false;
    return this.#lastUpdate === "" || why === this.#ailed;
  }

  #nextWhenAbsent(): Move {
    if (this.#created) return { is: "wait", ...NOT_SHOWN_YET };
    const refusal = absence(this.#task, this.#desired);
    if (refusal) throw new Explained(refusal.why, refusal.next);
    if (this.#options.findOnly) throw new OfOtherStage();
    return { is: "create" };
  }

  #nextWhenDifferent(actual: unknown, changes: readonly Change[]): Move {
    const fixed = changes.filter((change) => change.needsReplacement);
    if (fixed.length > 0) throw needsReplacement(this.#task, fixed);
    if (!this.#task.kind.update) throw new Error(`${this.#task.kind.type} finds differences but cannot repair them`);
    const same = JSON.stringify(changes) === this.#lastUpdate;
    if (!same) return { is: "update", actual, changes };
    const reason = this.#task.kind.pending?.(actual) ?? "changed; waiting for AWS to show it";
    return { is: "wait", reason, shown: true };
  }

  /** Pauses before the next look; shows meanwhile what goes on inside the thing, for kinds that can. */
  async wait({ reason, shown }: Extract<Move, { is: "wait" }>, actual: unknown): Promise<void> {
    // Where nothing takes time it may be ready by now.
    if (this.#isAnswer && !this.#run.isUsual) return;
    const { kind } = this.#task;
    if (shown) return this.#patience.untilShown(reason);
    if (actual === undefined || kind.follow === undefined) return this.#patience.untilReady(reason);
    const follow = async () =>
      kind.follow?.(this.#run.aws(this.#task), actual, noteOf(this.#run, this.#task), this.#followed);
    // Meanwhile, so that nothing is seen later for its being followed.
    const [followed] = await Promise.all([
      this.#step.call(follow),
      this.#patience.untilReadyWatched(reason, stallOf(kind, actual)),
    ]);
    this.#followed = followed;
  }

  async make(move: Exclude<Move, { is: "done" } | { is: "wait" }>): Promise<void> {
    const { kind } = this.#task;
    const aws = this.#run.aws(this.#task);
    const note = noteOf(this.#run, this.#task);
    if (move.is === "create") {
      await this.#attempt(async () => {
        this.#answered = await kind.create?.(aws, this.#desired, note);
      });
      this.#patience.restart();
      this.#created = true;
    } else if (move.is === "adopt") {
      await this.#attempt(() => kind.adopt?.(aws, move.actual, this.#run.ownership(this.#task)));
      this.#adopted = true;
      this.#changes.push(...move.changes);
    } else {
      this.#ailed = kind.broken?.(move.actual);
      const update = async () => {
        this.#answered = await kind.update?.(aws, this.#desired, move.actual, move.changes, note);
      };
      // Of what AWS has just answered it says "not found" only because not all of it knows that yet.
      const whenRefused = this.#isAnswer ? "again" : "look";
      if (await this.#attempt(update, whenRefused)) this.#lastUpdate = JSON.stringify(move.changes);
      if (!this.#created) this.#remember(move.changes);
    }
  }

  #remember(changes: readonly Change[]): void {
    const isKnown = ({ field, to }: Change) => this.#changes.some((known) => known.field === field && known.to === to);
    this.#changes.push(...changes.filter((change) => !isKnown(change)));
  }

  /**
   * Makes a changing call; asks again while AWS does not see what was just made or is busy with it. Answers false, for a call
   * that is then to be seen through by a new `look`, if what it was about is gone or in no state for it: that may be its own
   * work, when the answer was lost and the SDK made it again.
   */
  async #attempt(call: () => Promise<void> | undefined, whenRefused: "again" | "look" = "again"): Promise<boolean> {
    for (;;) {
      try {
        await this.#step.call(async () => call());
        return true;
      } catch (error) {
        if (error instanceof NotYet) {
          await this.#patience.untilReady(error.message, error.usually);
          continue;
        }
        const sort = this.#run.errors.classify(error);
        if (sort === "exists") return true;
        if (sort === "propagation" || sort === "gone")
          await this.#patience.untilSeen("waiting for AWS to see what was just made", error);
        else if (sort === "busy") await this.#patience.untilReady(explainError(this.#run.errors, error).why);
        else throw error;
        if (sort !== "propagation" && whenRefused === "look") return false;
      }
    }
  }
}

/** Where a kind has less patience than its limits say, with what to do when it ends. */
function stallOf(kind: AnyTask["kind"], actual: unknown): Stall | undefined {
  const limit = kind.stalls?.(actual);
  return limit === undefined ? undefined : { limit, next: kind.remedy?.(actual) ?? "" };
}

const ADOPTED: readonly Change[] = [{ field: "owner", to: "this stack" }];
const NOT_SHOWN_YET = { reason: "made; waiting for AWS to show it" } as const;

function needsReplacement(task: AnyTask, changes: readonly Change[]): Explained {
  const list = changes
    .map(({ field, from, to }) => `${field} from ${from ?? "nothing"} to ${to ?? "nothing"}`)
    .join(", ");
  return new Explained(
    `${task.title} needs replacement: AWS cannot change ${list} in place`,
    `Let it be made anew with --replace ${task.id} (plan shows what goes with it), or write in the variables what it has now.`,
  );
}
