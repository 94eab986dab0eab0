import { type AnyTask, edgesOf } from "./task.ts";

/**
 * The part of a run before its first change. Nothing is changed until all that can be looked at has been, so that a run
 * which cannot end well (a default VPC that is missing, a stage that was not asked for, something that would have to be made
 * anew, a service that lets nobody look) leaves everything as it was. It costs no time on a long path: what waits for a
 * change, or for AWS, holds up nobody, nor does what waits for it.
 */
export class FirstLook {
  readonly #open: Set<AnyTask>;
  readonly #followers = new Map<AnyTask, AnyTask[]>();
  #trouble: string | undefined;
  #over = false;
  #end = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(tasks: readonly AnyTask[]) {
    this.#open = new Set(tasks);
    for (const task of tasks) {
      for (const edge of edgesOf(task)) {
        this.#followers.set(edge.task, [...(this.#followers.get(edge.task) ?? []), task]);
      }
    }
  }

  /** Whether the task is still as the first look found it, and all that it needs too: nothing was changed or waited for. */
  isOpen(task: AnyTask): boolean {
    return this.#open.has(task);
  }

  /** A task has been looked at and is as it should be. */
  passed(task: AnyTask): void {
    this.#open.delete(task);
    if (this.#open.size === 0) this.#finish();
  }

  /** A task waits for a change or for AWS: neither it nor what waits for it can be looked at any further. */
  held(task: AnyTask): void {
    this.#close(task);
    if (this.#open.size === 0) this.#finish();
  }

  /** A task came to no good end; `why` in words, e.g. `default VPC failed`. */
  failed(why: string): void {
    if (!this.#over) this.#trouble = why;
    this.#finish();
  }

  /** Resolves once everything has been looked at: with what went wrong, if something did. */
  async trouble(): Promise<string | undefined> {
    await this.#ended;
    return this.#trouble;
  }

  #close(task: AnyTask): void {
    if (!this.#open.delete(task)) return;
    for (const follower of this.#followers.get(task) ?? []) this.#close(follower);
  }

  #finish(): void {
    this.#over = true;
    this.#end();
  }
}
