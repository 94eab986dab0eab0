import type { Clock } from "./clock.ts";
import type { ErrorReader } from "./errors.ts";
import type { TaskEvent } from "./event.ts";
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

/** What every visitor works with. */
export interface Run<Aws> {
  /** AWS as the kinds reach it, bound to one task (its ownership tags). */
  aws(task: AnyTask): Aws;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** AWS calls under way at once. */
  readonly concurrency: number;
  readonly errors: ErrorReader;
  readonly lease: Lease;
  /** The tags that make a thing ours: `bia-infra:stack` and `bia-infra:task`. */
  ownership(task: AnyTask): Readonly<Record<string, string>>;
  /** True when these tags say that the thing belongs to this stack. */
  owns(tags: Readonly<Record<string, string>>): boolean;
  /** Reads that tasks share are made anew from now on: called whenever the run has paused and looks again. */
  forget(): void;
  /** Receives what happens, without the time. */
  emit(event: Without<TaskEvent, "at">): void;
}

/** Whether a thing is ours to change and delete. Things that carry no tags belong to what they are attached to. */
export function isOurs(run: Run<unknown>, task: AnyTask, actual: unknown): boolean {
  return task.kind.tags ? run.owns(task.kind.tags(actual)) : true;
}

/** Notes of a task, as events. */
export function noteOf(run: Run<unknown>, task: AnyTask): Note {
  return (text) => run.emit({ type: "note", task: task.id, text });
}
