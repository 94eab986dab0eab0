import type { Change } from "./event.ts";
import type { AnyTask } from "./task.ts";

/** What differs of a thing, by what becomes of it. */
export interface Differences {
  /** To be repaired, or refused because only a new thing could have it. */
  readonly changes: readonly Change[];
  /** Told to the person and left as it is. */
  readonly left: readonly Change[];
}

/** What a kind finds different, with what is only told apart from what is to be changed. */
export function differencesOf({ kind }: AnyTask, desired: unknown, actual: unknown): Differences {
  const all = kind.diff?.(desired, actual) ?? [];
  return { changes: all.filter(({ left }) => left === undefined), left: all.filter(({ left }) => left !== undefined) };
}
