import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import { nameIn } from "../../world/ecs/names.ts";
import type { Region } from "../../world/world.ts";
import { invalid } from "./operation.ts";

/** AWS's own, in every account. */
export const FARGATE_PROVIDERS: readonly string[] = ["FARGATE", "FARGATE_SPOT"];

/** Names of capacity providers, which all must be there and active. */
export function checkedProviders({ ecs }: Region, asked: readonly string[] | undefined): string[] {
  const names = (asked ?? []).map(nameIn);
  for (const name of names) {
    if (FARGATE_PROVIDERS.includes(name)) continue;
    const provider = ecs.capacityProviders.get(name);
    if (!provider || provider.status === "INACTIVE") {
      throw invalid(
        `The specified capacity provider '${name}' was not found. Specify a valid capacity provider and try again.`,
      );
    }
    if (provider.updateStatus === "DELETE_IN_PROGRESS") {
      throw invalid(
        `The specified capacity provider '${name}' is not in an ACTIVE state. Specify a valid capacity provider and try again.`,
      );
    }
  }
  return [...new Set(names)];
}

/** A strategy over some of these providers (ECS, CapacityProviderStrategyItem). */
export function checkedStrategy(
  providers: readonly string[],
  asked: readonly CapacityProviderStrategyItem[] | undefined,
): CapacityProviderStrategyItem[] {
  const strategy = (asked ?? []).map(({ capacityProvider = "", weight = 0, base = 0 }) => ({
    capacityProvider: nameIn(capacityProvider),
    weight,
    base,
  }));
  if (strategy.some(({ capacityProvider }) => !providers.includes(capacityProvider))) {
    throw invalid(
      "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
    );
  }
  if (strategy.filter(({ base }) => base > 0).length > 1) {
    throw invalid("The specified capacity provider strategy can only have one capacity provider with a base defined.");
  }
  if (strategy.length > 0 && strategy.every(({ weight }) => weight === 0)) {
    throw invalid(
      "The specified capacity provider strategy must have at least one capacity provider with a weight greater than zero.",
    );
  }
  return strategy;
}
