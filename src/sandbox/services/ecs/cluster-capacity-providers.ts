import { AwsError } from "../../wire/service.ts";
import type { Cluster } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { clusterShape, refuseWhileUpdating } from "./cluster-shape.ts";
import { clusterOf, type EcsOperations } from "./operation.ts";
import { checkedProviders, checkedStrategy } from "./strategy.ts";

/** The capacity providers of a cluster and its default strategy. */
export function clusterCapacityProviderOperations(world: World): EcsOperations {
  return {
    PutClusterCapacityProviders: {
      accepts: ["cluster", "capacityProviders", "defaultCapacityProviderStrategy"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        refuseWhileUpdating(cluster);
        const capacityProviders = checkedProviders(region, input.capacityProviders);
        const removed = cluster.capacityProviders.filter((one) => !capacityProviders.includes(one));
        if (removed.some((provider) => isInUse(region, cluster, provider))) {
          throw new AwsError(
            "ResourceInUseException",
            "The specified capacity provider is in use and cannot be removed.",
          );
        }
        const strategy = checkedStrategy(capacityProviders, input.defaultCapacityProviderStrategy);
        const changed = region.ecs.clusters.put({
          ...cluster,
          capacityProviders,
          defaultCapacityProviderStrategy: strategy,
          attachmentsStatus: "UPDATE_IN_PROGRESS",
        });
        return { cluster: clusterShape(region, changed, ["SETTINGS", "TAGS", "ATTACHMENTS"]) };
      },
    },
  };
}

function isInUse({ ecs }: Region, { clusterArn }: Cluster, provider: string): boolean {
  const task = ecs.tasks.find(
    (one) => one.clusterArn === clusterArn && one.capacityProviderName === provider && one.lastStatus !== "STOPPED",
  );
  const service = ecs.services.find(
    (one) =>
      one.clusterArn === clusterArn &&
      one.status === "ACTIVE" &&
      (one.capacityProviderStrategy ?? []).some(({ capacityProvider }) => capacityProvider === provider),
  );
  return task !== undefined || service !== undefined;
}
