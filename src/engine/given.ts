import { type AnyTask, edgesOf } from "./task.ts";

/**
 * What must be there before a run may change anything: things that this run cannot make (a default VPC, a stage that was
 * not asked for), and that need nothing which it will make.
 */
export class Given {
  readonly #tasks: ReadonlySet<AnyTask>;
  readonly #open: Set<AnyTask>;
  #missing: AnyTask | undefined;
  #settle = () => {};
  readonly #settled = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  constructor(tasks: readonly AnyTask[], findOnly: ReadonlySet<AnyTask>) {
    const given = new Set<AnyTask>();
    // Tasks stand after what they mention, so one pass sees all that a task needs before the task itself.
    for (const task of inOrder(tasks)) {
      const cannotBeMade = !task.kind.create || findOnly.has(task);
      if (cannotBeMade && edgesOf(task).every((edge) => given.has(edge.task))) given.add(task);
    }
    this.#tasks = given;
    this.#open = new Set(given);
    if (given.size === 0) this.#settle();
  }

  /** Tells that a task was found, or that it was not. */
  tell(task: AnyTask, found: boolean): void {
    if (!this.#tasks.has(task)) return;
    this.#open.delete(task);
    if (!found) this.#missing = task;
    if (!found || this.#open.size === 0) this.#settle();
  }

  /** Resolves when everything is there, or with the first task that is not. */
  async missing(): Promise<AnyTask | undefined> {
    await this.#settled;
    return this.#missing;
  }
}

function inOrder(tasks: readonly AnyTask[]): AnyTask[] {
  const ordered = new Set<AnyTask>();
  const add = (task: AnyTask) => {
    if (ordered.has(task)) return;
    for (const edge of edgesOf(task)) add(edge.task);
    ordered.add(task);
  };
  for (const task of tasks) add(task);
  return [...ordered];
}
