import { UpdateClusterSettingsCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { fromEcsTags, STACK_TAG, type Tags } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { clusterNamed } from "./cluster-reads.ts";
import { insightsOf, insightsSetting } from "./cluster-settings.ts";

/** That a cluster is observed, and how. */
export interface ContainerInsightsDesired {
  /** Name of the cluster. */
  readonly cluster: string;
  /** `enhanced` has metrics of each task and container beside those of services and task definitions. */
  readonly mode: "enabled" | "enhanced";
}

/** The setting of a cluster as ECS has it. */
export interface ContainerInsights {
  readonly cluster: string;
  readonly mode: string;
  /** The cluster's own: whose cluster it is, theirs are its settings. */
  readonly tags: Tags;
}

/** CloudWatch Container Insights of a cluster that was made without it. It is there while the cluster has it on. */
export const containerInsights: Kind<ContainerInsightsDesired, ContainerInsights, Aws> = {
  type: "ecs.container-insights",
  async find(aws, { cluster }) {
    const found = await clusterNamed(aws, cluster);
    if (!found) return undefined;
    const tags = fromEcsTags(found.tags);
    const mode = insightsOf(found);
    // Of someone else's cluster that it is off is theirs, too: it must not be turned on.
    return mode === "disabled" && tags[STACK_TAG] === aws.stack ? undefined : { cluster, mode, tags };
  },
  diff: ({ mode }, actual) => change("containerInsights", actual.mode, mode),
  create: put,
  update: put,
  async remove(aws, { cluster }) {
    await put(aws, { cluster, mode: "disabled" });
  },
  tags: ({ tags }) => tags,
  describe: ({ mode }) => mode,
  goneAtOnce: true,
  // Refused while the cluster's capacity providers change.
  limits: { usually: 1, ready: 600, gone: 600 },
};

async function put({ ecs }: Aws, { cluster, mode }: { cluster: string; mode: string }): Promise<void> {
  await ecs.send(new UpdateClusterSettingsCommand({ cluster, settings: insightsSetting(mode) }));
}
