import type { Change } from "./event.ts";

/** Fields of a thing in words, by their paths; a field without a value has no entry. Two things that are the same have the same. */
export type Fields = Readonly<Record<string, string>>;

/** The change of one field; none if it is as wanted. An undefined value is one that is not there. */
export function change(
  field: string,
  from: string | number | undefined,
  to: string | number | undefined,
  more: Pick<Change, "needsReplacement" | "left" | "takes"> = {},
): Change[] {
  if (from === to) return [];
  return [{ field, ...(from !== undefined && { from: `${from}` }), ...(to !== undefined && { to: `${to}` }), ...more }];
}

/** The changes of all fields that either of the two has. */
export function fieldChanges(from: Fields, to: Fields): Change[] {
  const fields = new Set([...Object.keys(to), ...Object.keys(from)]);
  return [...fields].flatMap((field) => change(field, from[field], to[field]));
}

/** A list whose order says nothing, as the value of a field; `none` if it is empty. */
export function listed(items: readonly string[]): string {
  return items.length === 0 ? "none" : [...items].sort().join(", ");
}
