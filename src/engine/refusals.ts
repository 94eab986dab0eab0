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

/** Why a thing that is not there is not made; undefined: it can be. */
export function absence({ kind, title }: AnyTask, desired: unknown): Refusal | undefined {
  if (kind.create) return undefined;
  return { why: `${title} is not there`, next: kind.missing?.(desired) ?? "Create it, then run this again." };
}

/**
 * Why a run makes nothing: stages that it needs were not asked for and are not up.
 *
 * @param lacking one thing of each that is not there, in words, by the stage's name and in their order
 */
export function stagesMissing(lacking: ReadonlyMap<string, string>): Refusal {
  const stages = [...lacking.keys()];
  const things = [...lacking.values()];
  const [noun, verb, them] = stages.length === 1 ? ["stage", "is", "it"] : ["stages", "are", "them"];
  return {
    why: `${noun} ${stages.join(" and ")} ${verb} not up: ${things.join(" and ")} ${verb} not there`,
    next: `Make ${them} first: \`${createStages(stages)}\`.`,
  };
}

/** The command that makes stages. */
export function createStages(names: readonly string[]): string {
  return ["bia-infra create", ...names.map((name) => `--stage ${name}`)].join(" ");
}

/** A refusal as the verdict of a plan. */
export function blocked({ why, next }: Refusal): Verdict {
  return { is: "blocked", by: [], why: `${why}. ${next}` };
}
