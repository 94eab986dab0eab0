import type { Change, Verdict } from "./event.ts";
import type { AnyTask } from "./task.ts";

/** Why create ends at a thing instead of going on, and what a person should do; a plan says it in the same words. */
export interface Refusal {
  readonly why: string;
  readonly next: string;
}

/** Why something that somebody else made cannot be used as it is; undefined: it can. */
export function unfitness({ title }: AnyTask, changes: readonly Change[]): Refusal | undefined {
  const lacking = changes.filter((change) => change.indispensable).map(({ field }) => field);
  if (lacking.length === 0) return undefined;
  return {
    why: `${title} was made by somebody else and lacks ${lacking.join(", ")}, without which the stack cannot work`,
    next: "Give it another name in the variables, then one is made for this stack and deleted with it; or have its owner add what it lacks.",
  };
}

/** Why a thing that is there is of no use and never will be; undefined: it may be, or is on its way out. */
export function brokenness({ kind }: AnyTask, actual: unknown): Refusal | undefined {
  const why = kind.leaving?.(actual) ? undefined : kind.broken?.(actual);
  if (why === undefined) return undefined;
  const next = kind.remedy?.(actual) ?? "Destroy it and create it again, or look at it in the AWS console.";
  return { why, next };
}

/** Why a thing that is not there is not made by this run; undefined: it is. `findOnly`: its stage was not asked for. */
export function absence({ kind, title }: AnyTask, desired: unknown, findOnly: boolean): Refusal | undefined {
  const why = `${title} is not there`;
  if (!kind.create) return { why, next: kind.missing?.(desired) ?? "Create it, then run this again." };
  return findOnly ? { why, next: "It belongs to an earlier stage: create that one first." } : undefined;
}

/** A refusal as the verdict of a plan. */
export function blocked({ why, next }: Refusal): Verdict {
  return { is: "blocked", by: [], why: `${why}. ${next}` };
}
