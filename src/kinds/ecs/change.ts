import type { Change } from "../../engine/event.ts";

type Value = string | number | undefined;

/** The change of one field; none if it is as wanted. */
export function change(field: string, from: Value, to: Value, more: Pick<Change, "needsReplacement"> = {}): Change[] {
  if (from === to) return [];
  return [
    {
      field,
      ...(from === undefined ? {} : { from: `${from}` }),
      ...(to === undefined ? {} : { to: `${to}` }),
      ...more,
    },
  ];
}
