import type { Clock } from "./clock.ts";
import type { ErrorReader } from "./errors.ts";
import type { Change, TaskEvent } from "./event.ts";
import type { AnyTask, Note } from "./task.ts";

/** `Omit` that keeps a union a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** The lock of a stack, taken when the first change is about to be made and not before. */
export interface Lease {
  /** True while this run holds the lock: what was read since then is nobody else's to change. */
  readonly held: boolean;
  /** Takes the lock, once for all callers. Throws `RunStopped` when another run holds it. */
  take(): Promise<void>;
}

/** The region whose stack of the same name a thing belongs to. */
export interface Elsewhere {
  /** In words, e.g. `us-east-1`. */
  readonly region: string;
  /** What to do so that both can live. */
  readonly next: string;
}

/** What every visitor works with. */
export interface Run<Aws> {
  /** AWS as the kinds reach it, bound to one task (its ownership tags). */
  aws(task: AnyTask): Aws;
  readonly clock: Clock;
  /** Whether things take as long here as they usually do on AWS (`Limits.usually`); else they are quick. */
  readonly isUsual: boolean;
  readonly signal: AbortSignal;
  /** AWS calls under way at once. */
  readonly concurrency: number;
  readonly errors: ErrorReader;
  readonly lease: Lease;
  /** The tags that make a thing ours: `bia-infra:stack` and `bia-infra:task`. */
  ownership(task: AnyTask): Readonly<Record<string, string>>;
  /** True when these tags say that the thing belongs to this stack. */
  owns(tags: Readonly<Record<string, string>>): boolean;
  /**
   * Of tags that a thing of our stack and of a service without regions carries: another region to which it belongs. Undefined:
   * it is this region's.
   */
  elsewhere(tags: Readonly<Record<string, string>>): Elsewhere | undefined;
  /** Finds out what `elsewhere` has to know of such tags, if they do not say it themselves. Only reads. */
  locate(tags: Readonly<Record<string, string>>): Promise<void>;
  /** Reads that tasks share are made anew from now on: called whenever the run has paused and looks again. */
  forget(): void;
  /** Receives what happens, without the time. */
  emit(event: Without<TaskEvent, "at">): void;
}

/** Whether a thing is ours to change and delete. Things that carry no tags belong to what they are attached to. */
export function isOurs(run: Run<unknown>, task: AnyTask, actual: unknown): boolean {
  if (!task.kind.tags) return true;
  return run.owns(task.kind.tags(actual)) && elsewhere(run, task, actual) === undefined;
}

/** The other region whose stack of our name a thing belongs to; undefined: none. */
export function elsewhere(run: Run<unknown>, task: AnyTask, actual: unknown): Elsewhere | undefined {
  const tags = globalTags(run, task, actual);
  return tags && run.elsewhere(tags);
}

/** Looks for the thing of a task, and for whose it is. Undefined: there is none. */
export async function look<Aws>(run: Run<Aws>, task: AnyTask, desired: unknown): Promise<unknown> {
  const actual = await task.kind.find(run.aws(task), desired);
  const tags = globalTags(run, task, actual);
  if (tags) await run.locate(tags);
  return actual;
}

/** What of our ownership tags is not on a global thing of ours: one that an older version made lacks its region. */
export function missingMarks(run: Run<unknown>, task: AnyTask, actual: unknown): Change[] {
  const tags = globalTags(run, task, actual);
  if (!tags) return [];
  const missing = Object.entries(run.ownership(task)).filter(([key]) => tags[key] === undefined);
  return missing.map(([key, to]) => ({ field: `tag ${key}`, to }));
}

/** The tags of a global thing of a stack of our name; undefined: it is none. */
function globalTags(
  run: Run<unknown>,
  { kind }: AnyTask,
  actual: unknown,
): Readonly<Record<string, string>> | undefined {
  const tags = kind.global && actual !== undefined ? kind.tags?.(actual) : undefined;
  return tags && run.owns(tags) ? tags : undefined;
}

/** Notes of a task, as events. */
export function noteOf(run: Run<unknown>, task: AnyTask): Note {
  return (text) => run.emit({ type: "note", task: task.id, text });
}
