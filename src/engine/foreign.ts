import type { Change } from "./event.ts";
import type { AnyTask } from "./task.ts";

/** Why something that somebody else made cannot be used as it is, and what to do; undefined: it can. */
export function unfitness({ title }: AnyTask, changes: readonly Change[]): { why: string; next: string } | undefined {
  const lacking = changes.filter((change) => change.indispensable).map(({ field }) => field);
  if (lacking.length === 0) return undefined;
  return {
    why: `${title} was made by somebody else and lacks ${lacking.join(", ")}, without which the stack cannot work`,
    next: "Give it another name in the variables, then one is made for this stack and deleted with it; or have its owner add what it lacks.",
  };
}
