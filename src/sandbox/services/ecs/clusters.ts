import type { ClusterServiceConnectDefaultsRequest, ClusterSetting } from "@aws-sdk/client-ecs";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { nameIn } from "../../world/ecs/names.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { Cluster } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { defaultSettings, withSettings } from "./cluster-settings.ts";
import { clusterShape, contentsOf, refuseWhileUpdating } from "./cluster-shape.ts";
import { arnOf, checkName, clusterOf, type EcsOperations, invalid, mergedTags, paged } from "./operation.ts";
import { checkedProviders, checkedStrategy } from "./strategy.ts";

const MOST_NAMES = 100;

/** Clusters and their settings. */
export function clusterOperations(world: World): EcsOperations {
  return {
    CreateCluster: {
      accepts: [
        "clusterName",
        "settings",
        "tags",
        "capacityProviders",
        "defaultCapacityProviderStrategy",
        "serviceConnectDefaults",
      ],
      handle(input, { account, region: name }) {
        const region = world.region(name);
        const { clusterName = "default" } = input;
        checkName("The cluster name", clusterName);
        const present = region.ecs.clusters.get(clusterName);
        // A second create of the same name answers the first one's cluster and changes nothing (seen).
        if (present && present.status !== "INACTIVE") return { cluster: clusterShape(region, present, ["TAGS"]) };
        const capacityProviders = checkedProviders(region, input.capacityProviders);
        const strategy = checkedStrategy(capacityProviders, input.defaultCapacityProviderStrategy);
        ensureLinkedRole(world, "ecs.amazonaws.com");
        const isAttaching = capacityProviders.length > 0;
        const cluster = region.ecs.clusters.put({
          clusterArn: arnOf(region, account, `cluster/${clusterName}`),
          clusterName,
          status: isAttaching ? "PROVISIONING" : "ACTIVE",
          settings: withSettings(defaultSettings(region), input.settings),
          capacityProviders,
          defaultCapacityProviderStrategy: strategy,
          ...connectDefaults(region, input.serviceConnectDefaults),
          attachmentsStatus: isAttaching ? "UPDATE_IN_PROGRESS" : "",
          tags: mergedTags([], input.tags),
        });
        return { cluster: clusterShape(region, cluster, ["SETTINGS", "TAGS", "ATTACHMENTS"]) };
      },
    },

    DescribeClusters: {
      accepts: ["clusters", "include"],
      handle({ clusters = ["default"], include = [] }, { account, region: name }) {
        const region = world.region(name);
        if (clusters.length > MOST_NAMES) throw invalid(`At most ${MOST_NAMES} clusters can be described at once.`);
        const found = clusters.map((asked) => ({ asked, cluster: region.ecs.clusters.get(nameIn(asked)) }));
        return {
          clusters: found.flatMap(({ cluster }) => (cluster ? clusterShape(region, cluster, include) : [])),
          failures: found.flatMap(({ asked, cluster }) =>
            cluster ? [] : { arn: arnOf(region, account, `cluster/${nameIn(asked)}`), reason: "MISSING" },
          ),
        };
      },
    },

    ListClusters: {
      accepts: ["nextToken", "maxResults"],
      handle(input, { region }) {
        const active = world.region(region).ecs.clusters.filter(({ status }) => status !== "INACTIVE");
        const { items, ...rest } = paged(active, input, world.pageSize);
        return { clusterArns: items.map(({ clusterArn }) => clusterArn), ...rest };
      },
    },

    UpdateCluster: {
      accepts: ["cluster", "settings", "serviceConnectDefaults"],
      handle: ({ cluster, settings, serviceConnectDefaults }, { region }) =>
        update(world.region(region), cluster, settings, serviceConnectDefaults),
    },

    UpdateClusterSettings: {
      accepts: ["cluster", "settings"],
      handle: ({ cluster, settings }, { region }) => update(world.region(region), cluster, settings),
    },

    DeleteCluster: {
      accepts: ["cluster"],
      handle({ cluster: asked }, { region: name }) {
        const region = world.region(name);
        const present = region.ecs.clusters.get(nameIn(asked ?? ""));
        if (present?.status === "INACTIVE") return { cluster: clusterShape(region, present, []) };
        const cluster = clusterOf(region, asked);
        refuseWhileUsed(region, cluster);
        refuseWhileUpdating(cluster);
        // Whatever capacity providers it has are let go of on the way.
        const isDetaching = cluster.capacityProviders.length > 0;
        const deleted = region.ecs.clusters.put({
          ...cluster,
          status: isDetaching ? "DEPROVISIONING" : "INACTIVE",
          capacityProviders: [],
          defaultCapacityProviderStrategy: [],
          attachmentsStatus: isDetaching ? "UPDATE_IN_PROGRESS" : cluster.attachmentsStatus,
        });
        return { cluster: clusterShape(region, deleted, []) };
      },
    },
  };
}

function update(
  region: Region,
  asked: string | undefined,
  settings: ClusterSetting[] | undefined,
  defaults?: ClusterServiceConnectDefaultsRequest,
) {
  const cluster = clusterOf(region, asked);
  refuseWhileUpdating(cluster);
  const changed = {
    ...cluster,
    settings: withSettings(cluster.settings, settings),
    ...connectDefaults(region, defaults),
  };
  return { cluster: clusterShape(region, region.ecs.clusters.put(changed), ["SETTINGS", "TAGS"]) };
}

/** The namespace of services that name none, by its ARN. (ecs:ClusterServiceConnectDefaultsRequest) @throws AwsError */
function connectDefaults(region: Region, asked: ClusterServiceConnectDefaultsRequest | undefined) {
  if (!asked) return {};
  const { namespaces } = region.serviceDiscovery;
  const found = namespaces.find(({ Name, Arn }) => asked.namespace === Name || asked.namespace === Arn);
  if (!found) throw notEmulated("a namespace that is made with a cluster");
  return { serviceConnectDefaults: { namespace: found.Arn } };
}

function refuseWhileUsed(region: Region, cluster: Cluster): void {
  const { services, tasks, containerInstances } = contentsOf(region, cluster);
  const contains = (what: string, words: string) =>
    new AwsError(`ClusterContains${what}Exception`, `The Cluster cannot be deleted while ${words}.`);
  if (containerInstances.length > 0) {
    throw contains("ContainerInstances", "Container Instances are active or draining");
  }
  if (services.some(({ status }) => status === "ACTIVE")) throw contains("Services", "Services are active");
  if (tasks.length > 0) throw contains("Tasks", "Tasks are active");
}
