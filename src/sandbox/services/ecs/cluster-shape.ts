import type { ClusterField, Cluster as EcsCluster } from "@aws-sdk/client-ecs";
import { AwsError } from "../../wire/service.ts";
import type { Cluster } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";

/** A cluster as ECS answers it: without what the caller did not ask to be included. */
export function clusterShape(region: Region, cluster: Cluster, include: readonly ClusterField[]): EcsCluster {
  const { settings, tags, attachmentsStatus, ...rest } = cluster;
  const { services, tasks, containerInstances } = contentsOf(region, cluster);
  const active = containerInstances.filter(({ status }) => status === "ACTIVE" || status === "DRAINING");
  return {
    ...rest,
    registeredContainerInstancesCount: active.length,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => isPending(lastStatus)).length,
    activeServicesCount: services.filter(({ status }) => status === "ACTIVE").length,
    statistics: [],
    settings: include.includes("SETTINGS") ? settings : [],
    tags: include.includes("TAGS") ? tags : [],
    ...(include.includes("ATTACHMENTS") && attachmentsStatus !== "" && { attachmentsStatus, attachments: [] }),
  };
}

/** Whether a task is about to run. */
export function isPending(lastStatus: string): boolean {
  return ["PROVISIONING", "PENDING", "ACTIVATING"].includes(lastStatus);
}

/** What is in a cluster and not gone. */
export function contentsOf({ ecs }: Region, { clusterArn }: Cluster) {
  return {
    services: ecs.services.filter((one) => one.clusterArn === clusterArn && one.status !== "INACTIVE"),
    tasks: ecs.tasks.filter((one) => one.clusterArn === clusterArn && one.lastStatus !== "STOPPED"),
    containerInstances: ecs.containerInstances.filter(({ hidden }) => hidden.clusterArn === clusterArn),
  };
}

/** @throws AwsError while capacity providers are being attached or detached */
export function refuseWhileUpdating({ attachmentsStatus }: Cluster): void {
  if (attachmentsStatus !== "UPDATE_IN_PROGRESS") return;
  throw new AwsError(
    "UpdateInProgressException",
    "The specified cluster is in a busy state. Cluster attachments must be in UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated.",
  );
}
