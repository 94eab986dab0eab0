import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import { listed } from "../../engine/change.ts";

/** How tasks are shared out among capacity providers. */
export interface StrategyItem {
  /** Name of the capacity provider. */
  readonly provider: string;
  /** So many tasks go there before any weight counts. */
  readonly base: number;
  /** Its share of the other tasks, in relation to the other weights. */
  readonly weight: number;
}

/** A strategy as ECS takes it. */
export function toAwsStrategy(strategy: readonly StrategyItem[]): CapacityProviderStrategyItem[] {
  return strategy.map(({ provider, base, weight }) => ({ capacityProvider: provider, base, weight }));
}

/** A strategy as ECS gives it. */
export function fromAwsStrategy(strategy: readonly CapacityProviderStrategyItem[] | undefined): StrategyItem[] {
  return (strategy ?? []).map(({ capacityProvider = "", base = 0, weight = 0 }) => ({
    provider: capacityProvider,
    base,
    weight,
  }));
}

/** In words, e.g. `capacityProviderCurso117 (base 1, weight 1)`; their order says nothing. */
export function describeStrategy(strategy: readonly StrategyItem[]): string {
  return listed(strategy.map(({ provider, base, weight }) => `${provider} (base ${base}, weight ${weight})`));
}
