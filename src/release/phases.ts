import type { Told } from "../engine/outcome.ts";
import type { Outcome } from "../engine/walk.ts";
import { describeTimes, type RolloutTo } from "../kinds/ecs/rollout-state.ts";

/** How long the phases of a roll took, for the outputs of its report; nothing where nothing was rolled, or not to its end. */
export function phasesOf(roll: Outcome<Told> | undefined): { phases?: string } {
  if (roll?.is !== "done" || roll.result.verdict.is === "unchanged") return {};
  const phases = describeTimes(roll.result.actual as RolloutTo);
  return phases === "" ? {} : { phases };
}
