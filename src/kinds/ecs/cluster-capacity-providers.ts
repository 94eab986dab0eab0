import { PutClusterCapacityProvidersCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { fromEcsTags, STACK_TAG, type Tags } from "../../aws/tags.ts";
import { change, listed } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { capacityHolder } from "./cluster-holders.ts";
import { clusterNamed } from "./cluster-reads.ts";
import { describeStrategy, fromAwsStrategy, type StrategyItem, toAwsStrategy } from "./strategy.ts";

/** Which capacity providers a cluster has. */
export interface ClusterCapacityProvidersDesired {
  /** Name of the cluster. */
  readonly cluster: string;
  /** Names, all of them: one that is not here is taken away. */
  readonly providers: readonly string[];
  /** What services use that name no strategy of their own. */
  readonly strategy: readonly StrategyItem[];
}

/** The capacity providers of a cluster as ECS has them. */
export interface ClusterCapacityProviders {
  readonly cluster: string;
  readonly providers: readonly string[];
  readonly strategy: readonly StrategyItem[];
  /** `UPDATE_IN_PROGRESS`, `UPDATE_COMPLETE` or `UPDATE_FAILED`; empty: nothing was ever attached. */
  readonly attachmentsStatus: string;
  /** The cluster's own: whose cluster it is, theirs are its providers. */
  readonly tags: Tags;
}

/** The capacity providers of a cluster and its default strategy. It is there while the cluster has any. */
export const clusterCapacityProviders: Kind<ClusterCapacityProvidersDesired, ClusterCapacityProviders, Aws> = {
  type: "ecs.cluster-capacity-providers",
  async find(aws, { cluster }) {
    const found = await clusterNamed(aws, cluster);
    if (!found) return undefined;
    const tags = fromEcsTags(found.tags);
    const providers = found.capacityProviders ?? [];
    const attachmentsStatus = found.attachmentsStatus ?? "";
    // The list is empty at once, but until ECS has let go of them no provider can be deleted. Of someone else's cluster the
    // empty list is theirs, too: it must not be filled.
    const isEmpty = providers.length === 0 && attachmentsStatus !== IN_PROGRESS;
    if (isEmpty && tags[STACK_TAG] === aws.stack) return undefined;
    const strategy = fromAwsStrategy(found.defaultCapacityProviderStrategy);
    return { cluster, providers, strategy, attachmentsStatus, tags };
  },
  diff: (desired, actual) => [
    ...change("capacityProviders", listed(actual.providers), listed(desired.providers)),
    ...change("defaultCapacityProviderStrategy", describeStrategy(actual.strategy), describeStrategy(desired.strategy)),
  ],
  create: put,
  update: put,
  async remove(aws, { cluster }) {
    await put(aws, { cluster, providers: [], strategy: [] });
  },
  pending({ attachmentsStatus, providers }) {
    if (attachmentsStatus !== IN_PROGRESS) return undefined;
    return providers.length === 0 ? "being taken off the cluster" : "being attached to the cluster";
  },
  broken: ({ attachmentsStatus }) =>
    attachmentsStatus === "UPDATE_FAILED" ? "AWS could not attach them to the cluster" : undefined,
  blockedBy: (aws, { cluster }) => capacityHolder(aws, cluster),
  tags: ({ tags }) => tags,
  describe: ({ strategy }) => describeStrategy(strategy),
  // Taking one away is refused until the last task on it has stopped.
  limits: { usually: 20, usuallyGone: 30, ready: 600, gone: 900 },
};

const IN_PROGRESS = "UPDATE_IN_PROGRESS";

async function put({ ecs }: Aws, { cluster, providers, strategy }: ClusterCapacityProvidersDesired): Promise<void> {
  await ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster,
      capacityProviders: [...providers],
      defaultCapacityProviderStrategy: toAwsStrategy(strategy),
    }),
  );
}
