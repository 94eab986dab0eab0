import type { Clock } from "./clock.ts";
import { type Ensured, type EnsureOptions, ensure, OfOtherStage } from "./ensure.ts";
import { Explained, explainError, RunStopped } from "./errors.ts";
import { FirstLook } from "./first-look.ts";
import { LookAhead, type Sight } from "./look-ahead.ts";
import { EXIT } from "./outcome.ts";
import { stagesMissing } from "./refusals.ts";
import { resolve } from "./resolve.ts";
import type { Lease, Run } from "./run.ts";
import type { AnyTask } from "./task.ts";
import { visitAll } from "./visit.ts";
import { type Outcome, Skip, type Step } from "./walk.ts";

/** What to create and how. */
export interface CreateOptions {
  /** All tasks of the walk, those of earlier stages among them. */
  readonly tasks: readonly AnyTask[];
  /** Tasks that are only looked for, because their stage (its name) was not asked for. */
  readonly findOnly: ReadonlyMap<AnyTask, string>;
  readonly adopt: boolean;
  /** True: something is to be made for sure, so the lock is taken before the first look, and there need be no second one. Default false. */
  readonly isNeeded?: boolean;
}

/**
 * Makes every task true, in the order of their edges. Nothing is changed before all that can be looked at has been looked
 * at and found good. After a failure nothing new is started and what runs may end.
 */
export async function create<Aws>(run: Run<Aws>, options: CreateOptions): Promise<Map<AnyTask, Outcome<Ensured>>> {
  const { tasks, findOnly, adopt } = options;
  const actuals = new Map<AnyTask, unknown>();
  const start = new Start(run, options);
  const visit = async (task: AnyTask, step: Step): Promise<Ensured> => {
    try {
      const seenBefore = () => start.sightOf(task);
      const ways = { findOnly: findOnly.has(task), adopt, seenBefore };
      const ensured = await createOne(start.guarding(task), task, step, ways, actuals);
      start.firstLook.passed(task);
      return ensured;
    } catch (error) {
      start.firstLook.failed(`${task.title} failed`);
      throw error instanceof OfOtherStage ? await start.withoutStageOf(task) : error;
    }
  };
  return visitAll(run, tasks, "forward", true, visit, (task) => start.firstLook.failed(`${task.title} was skipped`));
}

async function createOne<Aws>(
  run: Run<Aws>,
  task: AnyTask,
  step: Step,
  ways: EnsureOptions,
  actuals: Map<AnyTask, unknown>,
): Promise<Ensured> {
  const started = run.clock.now();
  run.emit({ type: "started", task: task.id });
  const desired = resolve(task.desired, (earlier) => actuals.get(earlier));
  const seen = (actual: unknown) => {
    actuals.set(task, actual);
    step.exists();
  };
  const ensured = await ensure(run, task, desired, step, ways, seen);
  const detail = task.kind.describe?.(ensured.actual);
  const ms = run.clock.now() - started;
  run.emit({ type: "done", task: task.id, verdict: ensured.verdict, ms, ...(detail === undefined ? {} : { detail }) });
  return ensured;
}

/**
 * The start of a create: a look at everything. If that was made before the lock was ours, there is a second one once something is to
 * be changed, because the lock's last holder may have changed what the first one saw. What was not there then is not there until
 * this run makes it.
 */
class Start<Aws> {
  readonly firstLook: FirstLook;
  readonly #run: Run<Aws>;
  readonly #tasks: readonly AnyTask[];
  readonly #findOnly: CreateOptions["findOnly"];
  /** The first look; undefined: a run that has the lock already (after a replacement) looks at each task in its turn. */
  readonly #looks: Promise<LookAhead<Aws>> | undefined;
  readonly #isLockedFirst: boolean;
  #locking: Promise<void> | undefined;
  /** Whether tasks may be changed: the lock is ours, and everything has been looked at. */
  #mayChange: boolean;
  readonly #absent = new Set<AnyTask>();

  #isStopped = false;

  constructor(run: Run<Aws>, { tasks, findOnly, isNeeded = false }: CreateOptions) {
    this.#run = run;
    this.#tasks = tasks;
    this.#findOnly = findOnly;
    this.firstLook = new FirstLook(tasks);
    this.#mayChange = run.lease.held;
    this.#isLockedFirst = isNeeded;
    this.#looks = run.lease.held ? undefined : this.#look();
    // Whoever needs it is told.
    this.#looks?.catch(() => {});
  }

  async #look(): Promise<LookAhead<Aws>> {
    if (this.#isLockedFirst) await this.#run.lease.take();
    return new LookAhead(this.#run, this.#tasks);
  }

  /** What has been seen of the task, where that still holds. */
  async sightOf(task: AnyTask): Promise<Sight | undefined> {
    if (this.#mayChange) return this.#absent.delete(task) ? { actual: undefined, known: true } : undefined;
    return this.firstLook.isOpen(task) ? (await this.#looks)?.of(task) : undefined;
  }

  /** What ends the run because a thing of a stage that was not asked for is not there: once for all of them, with each such stage. */
  async withoutStageOf(task: AnyTask): Promise<RunStopped | Skip> {
    const stageOf = (one: AnyTask) => this.#findOnly.get(one) ?? "";
    if (this.#isStopped) return new Skip(`stage ${stageOf(task)} is not up`);
    this.#isStopped = true;
    const looks = await this.#looks;
    const lacking = new Map<string, string>();
    for (const one of this.#tasks.filter((one) => this.#findOnly.has(one))) {
      const isMissing = one === task || (looks !== undefined && (await isAbsent(looks, one)));
      if (isMissing && !lacking.has(stageOf(one))) lacking.set(stageOf(one), one.title);
    }
    const { why, next } = stagesMissing(lacking);
    return new RunStopped(why, next, EXIT.failed);
  }

  /** The run as one task has it: its lease is only taken once everything has been looked at. */
  guarding(task: AnyTask): Run<Aws> {
    const { firstLook } = this;
    const run = this.#run;
    const mayChange = () => this.#mayChange;
    const lease: Lease = {
      get held() {
        return mayChange();
      },
      take: () => {
        firstLook.held(task);
        this.#locking ??= this.#lock();
        return this.#locking;
      },
    };
    const clock: Clock = {
      now: () => run.clock.now(),
      sleep(ms, signal) {
        firstLook.held(task);
        return run.clock.sleep(ms, signal);
      },
    };
    return { ...run, lease, clock };
  }

  async #lock(): Promise<void> {
    const trouble = await this.firstLook.trouble();
    if (trouble) throw new Skip(trouble);
    const first = await this.#looks;
    const [unseen] = (await first?.failures()) ?? [];
    if (unseen) throw this.#couldNotLook(unseen);
    await this.#run.lease.take();
    const looks = first && this.#isLockedFirst ? first : new LookAhead(this.#run, this.#tasks);
    for (const task of this.#tasks) if (await isAbsent(looks, task)) this.#absent.add(task);
    this.#mayChange = true;
  }

  #couldNotLook({ task, error }: { readonly task: AnyTask; readonly error: unknown }): RunStopped {
    const { why, next } = explainError(this.#run.errors, error);
    // AWS, or the network, kept us from looking; our own errors say what was found.
    const what = error instanceof Explained ? task.title : `${task.title} could not be looked at`;
    return new RunStopped(`${what}: ${why}`, next, EXIT.failed);
  }
}

async function isAbsent<Aws>(looks: LookAhead<Aws>, task: AnyTask): Promise<boolean> {
  // A failure here is met again, and told, when it is the task's turn.
  const sight = await looks.of(task).catch(() => undefined);
  return sight?.known === true && sight.actual === undefined;
}
