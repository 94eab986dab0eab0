import type { AnyTask } from "./task.ts";

/** How far a task must have come before a ref to it can be read. */
export type Readiness = "exists" | "ready";

/**
 * A value that another task will have. Putting a ref into a task's `desired` is what makes the edge between the two:
 * to mention is to depend.
 */
export class Ref<T> {
  readonly task: AnyTask;
  readonly readiness: Readiness;
  readonly #read: (actual: never) => T;

  constructor(task: AnyTask, readiness: Readiness, read: (actual: never) => T) {
    this.task = task;
    this.readiness = readiness;
    this.#read = read;
  }

  /** The value, from what was found of the task. */
  read(actual: unknown): T {
    return this.#read(actual as never);
  }
}

/** `T` as a stack may write it: any part of it may be a ref instead of the value. */
export type Refs<T> =
  | Ref<T>
  | (T extends string | number | boolean | null | undefined | Date
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Refs<Item>[]
        : { readonly [Key in keyof T]: Refs<T[Key]> });

/** Thrown when a kind reads a value that only comes to exist with another task (in a plan, or in a destroy of a half-made stack). */
export class NotYetKnown extends Error {
  readonly task: AnyTask;

  constructor(task: AnyTask) {
    super(`known after ${task.title}`);
    this.name = "NotYetKnown";
    this.task = task;
  }
}

/** Every ref that is mentioned anywhere in `value`. */
export function refsIn(value: unknown): Ref<unknown>[] {
  if (value instanceof Ref) return [value];
  if (!isContainer(value)) return [];
  return Object.values(value).flatMap(refsIn);
}

/**
 * `desired` with every ref replaced by its value. `actualOf` answers what was found of a task; where it answers
 * undefined, the place becomes a getter that asks again when it is read and then throws `NotYetKnown`, so that a kind which
 * can do without the value (most are found by name) still can.
 */
export function resolve<T>(desired: Refs<T>, actualOf: (task: AnyTask) => unknown): T {
  return resolvePart(desired, actualOf).get() as T;
}

type Part = { get(): unknown; known: boolean };

function resolvePart(part: unknown, actualOf: (task: AnyTask) => unknown): Part {
  if (part instanceof Ref) return resolveRef(part, actualOf);
  if (!isContainer(part)) return { get: () => part, known: true };
  const copy: Record<string, unknown> | unknown[] = Array.isArray(part) ? [] : {};
  for (const [key, value] of Object.entries(part)) {
    const resolved = resolvePart(value, actualOf);
    if (resolved.known) Object.assign(copy, { [key]: resolved.get() });
    else Object.defineProperty(copy, key, { get: resolved.get, enumerable: true });
  }
  return { get: () => copy, known: true };
}

function resolveRef(ref: Ref<unknown>, actualOf: (task: AnyTask) => unknown): Part {
  const actual = actualOf(ref.task);
  if (actual !== undefined) return { get: () => ref.read(actual), known: true };
  const get = () => {
    const found = actualOf(ref.task);
    if (found === undefined) throw new NotYetKnown(ref.task);
    return ref.read(found);
  };
  return { get, known: false };
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
