import { NotYetKnown } from "./resolve.ts";
import { type AnyTask, isContainer, Ref } from "./task.ts";

/** One value that is wanted of a task. */
export interface WantedValue {
  /** Its path in AWS's own terms, e.g. `healthCheck.path` or `ingress[0].cidr`. */
  readonly field: string;
  /** Absent: it comes with the task `of`, which is not there yet. */
  readonly text?: string;
  /** Id of the task whose value it is; absent: the variables say it. */
  readonly of?: string;
}

/**
 * What is wanted of a task, value by value; what is left open is none.
 *
 * @param desired as a look has resolved it; undefined: nobody could look, so no value of another task is known
 */
export function wantedOf(task: AnyTask, desired: unknown): WantedValue[] {
  return valuesOf({ field: "", part: task.desired, known: () => desired ?? unknown(task) });
}

function unknown(task: AnyTask): never {
  throw new NotYetKnown(task);
}

/** A part of what is wanted as the stack writes it, with the way to what became of it. */
interface Place {
  readonly field: string;
  readonly part: unknown;
  readonly known: () => unknown;
  readonly of?: string | undefined;
}

function valuesOf({ field, part, known, of }: Place): WantedValue[] {
  if (part instanceof Ref) return valuesOfRef(field, part, known);
  if (isContainer(part)) {
    const isList = Array.isArray(part);
    const inside = Object.entries(part).map(([key, value]) => {
      const place = isList ? `${field}[${key}]` : field === "" ? key : `${field}.${key}`;
      return valuesOf({ field: place, part: value, known: () => (known() as Record<string, unknown>)[key], of });
    });
    return isList ? joined(field, inside) : inside.flat();
  }
  if (part === undefined || part === null) return [];
  return [{ field, text: part instanceof Date ? part.toISOString() : `${part}`, ...(of !== undefined && { of }) }];
}

function valuesOfRef(field: string, ref: Ref<unknown>, known: () => unknown): WantedValue[] {
  const of = ref.task.id;
  try {
    const part = known();
    return valuesOf({ field, part, known: () => part, of });
  } catch (error) {
    if (error instanceof NotYetKnown) return [{ field, of }];
    throw error;
  }
}

/** A list of single values of the same origin is one value. */
function joined(field: string, items: readonly WantedValue[][]): WantedValue[] {
  const all = items.flat();
  const [first] = all;
  const isPlain = all.every(
    (one, index) => one.field === `${field}[${index}]` && one.text !== undefined && one.of === first?.of,
  );
  if (!first || !isPlain) return all;
  return [{ ...first, field, text: all.map(({ text }) => text).join(", ") }];
}
