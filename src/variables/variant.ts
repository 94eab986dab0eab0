import type * as z from "zod";

/** How a file is read: one value in it can decide which schema the others follow, and which defaults they have. */
export interface Variant<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** What was written, completed where the variant has defaults of its own. */
  readonly written: unknown;
}

/** `written` over `defaults`, group by group. What is no group is taken as it was written, right or wrong. */
export function withDefaults(defaults: unknown, written: unknown): unknown {
  if (written === undefined) return defaults;
  if (!isGroup(defaults) || !isGroup(written)) return written;
  const names = new Set([...Object.keys(defaults), ...Object.keys(written)]);
  return Object.fromEntries([...names].map((name) => [name, withDefaults(defaults[name], written[name])]));
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
