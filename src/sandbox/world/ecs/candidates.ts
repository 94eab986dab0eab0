import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import type { ContainerInstance, EcsTask } from "../records.ts";
import type { Region } from "../world.ts";
import type { TaskOwner } from "./task-owner.ts";

/** Instances that the next task may go to: those of the capacity provider whose turn it is, or all of the cluster. */
export function candidatesFor({ ecs }: Region, owner: TaskOwner): ContainerInstance[] {
  const ready = ecs.containerInstances.filter(
    ({ hidden, status, agentConnected }) =>
      hidden.clusterArn === owner.clusterArn && status === "ACTIVE" && agentConnected,
  );
  const present = ecs.tasks.filter(
    ({ clusterArn, group, lastStatus }) =>
      clusterArn === owner.clusterArn && group === owner.group && lastStatus !== "STOPPED",
  );
  const provider = nextProvider(owner.capacityProviderStrategy ?? [], present);
  return provider === undefined ? ready : ready.filter((one) => one.capacityProviderName === provider);
}

/** First the base, then by weight (ECS, CapacityProviderStrategyItem); undefined: there is no strategy. */
export function nextProvider(
  strategy: readonly CapacityProviderStrategyItem[],
  tasks: readonly EcsTask[],
): string | undefined {
  const count = (name: string | undefined) =>
    tasks.filter(
      ({ desiredStatus, capacityProviderName }) => desiredStatus === "RUNNING" && capacityProviderName === name,
    ).length;
  const below = strategy.find(({ capacityProvider, base = 0 }) => count(capacityProvider) < base);
  if (below) return below.capacityProvider;
  const share = ({ capacityProvider, base = 0, weight = 0 }: CapacityProviderStrategyItem) =>
    (count(capacityProvider) - base) / weight;
  const weighted = strategy.filter(({ weight = 0 }) => weight > 0);
  return weighted.sort((one, other) => share(one) - share(other))[0]?.capacityProvider;
}
