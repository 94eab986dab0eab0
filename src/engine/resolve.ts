import { type AnyTask, isContainer, Ref, type Refs } from "./task.ts";

/** Thrown when a kind reads a value that only comes to exist with another task (in a plan, or in a destroy of a half-made stack). */
export class NotYetKnown extends Error {
  readonly task: AnyTask;

  constructor(task: AnyTask) {
    super(`known after ${task.title}`);
    this.name = "NotYetKnown";
    this.task = task;
  }
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
