import {
  CreateClusterCommand,
  DeleteClusterCommand,
  type Cluster as EcsCluster,
  UpdateClusterSettingsCommand,
} from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { fromEcsTags, type Tags, toEcsTags } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { clusterHolder } from "./cluster-holders.ts";
import { clusterNamed } from "./cluster-reads.ts";
import { insightsOf, insightsSetting } from "./cluster-settings.ts";
import { addTags } from "./tags.ts";

/** A cluster, made empty: its capacity providers are a task of their own. Names are unique in a region. */
export interface ClusterDesired {
  readonly name: string;
  /** Metrics in CloudWatch, which cost money unless they are disabled. Absent: a task of its own says. */
  readonly containerInsights?: "enabled" | "disabled" | "enhanced";
}

/** A cluster as ECS has it. */
export interface Cluster {
  readonly name: string;
  readonly arn: string;
  /** `PROVISIONING`, `ACTIVE`, `DEPROVISIONING` or `FAILED`. */
  readonly status: string;
  readonly containerInsights: string;
  /** Machines that have joined it. */
  readonly containerInstances: number;
  readonly tags: Tags;
}

/** An ECS cluster. */
export const cluster: Kind<ClusterDesired, Cluster, Aws> = {
  type: "ecs.cluster",
  linkedRole: "AWSServiceRoleForECS",
  async find(aws, { name }) {
    const found = await clusterNamed(aws, name);
    return found && fromAws(found);
  },
  diff: (desired, actual) =>
    desired.containerInsights === undefined
      ? []
      : change("containerInsights", actual.containerInsights, desired.containerInsights),
  async create({ ecs, ownership }, { name, containerInsights }) {
    const tags = toEcsTags(ownership);
    const settings = containerInsights && insightsSetting(containerInsights);
    const request = { clusterName: name, ...(settings && { settings }), tags };
    const { cluster: made } = await ecs.send(new CreateClusterCommand(request));
    return made && fromAws({ ...made, tags });
  },
  async update({ ecs }, { name, containerInsights = "disabled" }) {
    const settings = insightsSetting(containerInsights);
    await ecs.send(new UpdateClusterSettingsCommand({ cluster: name, settings }));
  },
  async remove({ ecs }, { arn }) {
    await ecs.send(new DeleteClusterCommand({ cluster: arn }));
  },
  pending: ({ status }) => (status === "ACTIVE" ? undefined : status.toLowerCase()),
  broken: ({ status }) => (status === "FAILED" ? "AWS could not make what the cluster needs" : undefined),
  leaving: ({ status }) => status === "DEPROVISIONING",
  blockedBy: (aws, { arn }) => clusterHolder(aws, arn),
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ containerInstances, containerInsights }) =>
    `${containerInstances} ${containerInstances === 1 ? "instance" : "instances"}, container insights ${containerInsights}`,
  goneAtOnce: true,
  // Terminated instances stay registered for a minute or more, and hold it.
  limits: { usually: 2, usuallyGone: 15, ready: 600, gone: 900 },
};

function fromAws(found: EcsCluster): Cluster {
  return {
    name: found.clusterName ?? "",
    arn: found.clusterArn ?? "",
    status: found.status ?? "",
    containerInsights: insightsOf(found),
    containerInstances: found.registeredContainerInstancesCount ?? 0,
    tags: fromEcsTags(found.tags),
  };
}
