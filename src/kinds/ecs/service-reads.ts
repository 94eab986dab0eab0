import {
  type DeploymentCircuitBreaker,
  DescribeServicesCommand,
  type Service as EcsService,
  type ServiceConnectConfiguration,
  type Task,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { tasksOf } from "../../aws/service-tasks.ts";
import { askedFor } from "../../aws/shared-reads.ts";
import { fromEcsTags, type Tags } from "../../aws/tags.ts";
import { lastPrinted } from "./printed.ts";
import { chosenOver } from "./revisions.ts";
import { connectOf } from "./service-connect.ts";
import { eventOf, type Said } from "./service-events.ts";
import { fromAwsNetwork, type LoadBalancerTarget, type ServiceSettings } from "./service-settings.ts";
import { fromAwsStrategy } from "./strategy.ts";

/** A service as ECS has it, with what is known of its tasks and targets. */
export interface FoundService extends ServiceSettings {
  readonly arn: string;
  /** ARN of the cluster. */
  readonly cluster: string;
  /** `ACTIVE` or `DRAINING`. */
  readonly status: string;
  readonly runningCount: number;
  readonly pendingCount: number;
  /** Undefined: its tasks run on a capacity provider. */
  readonly launchType: string | undefined;
  /** Service Connect of the newest deployment; undefined: it is without. */
  readonly connected: ServiceConnectConfiguration | undefined;
  readonly rollout: {
    /** `IN_PROGRESS`, `COMPLETED` or `FAILED`. */
    readonly state: string;
    readonly reason: string | undefined;
    /** Tasks of former deployments that still run. */
    readonly olderTasks: number;
    /** Of its own tasks in a row, those that did not start, or ended before one was healthy. */
    readonly failedTasks: number;
    /** When it began; undefined: not told. */
    readonly createdAt: Date | undefined;
  };
  /** What the scheduler said, newest first. */
  readonly events: readonly Said[];
  /** Of the target group with the fewest; undefined: the service has none. */
  readonly healthyTargets: number | undefined;
  /** ARN of the newest revision, if somebody put it on another one although that was there; undefined: nobody did. */
  readonly chosenOver: string | undefined;
  /** What is in the way of its tasks, in ECS's words; undefined: nothing, or it is steady. */
  readonly trouble: string | undefined;
  /** Tasks of the deployment that is under way whose containers ended by themselves. */
  readonly crashes: number;
  /** What the last of those printed last, where it is kept; empty: fewer than enough ended. */
  readonly printed: readonly string[];
  readonly tags: Tags;
}

/** A service, by its names. */
export interface ServicePlace {
  readonly cluster: string;
  readonly name: string;
}

/** DescribeServices takes so many names at once. */
const MOST_NAMES = 10;

/**
 * A service by name; undefined: there is none, or it is inactive, a tombstone whose name is free.
 *
 * @param wanted ARN of the revision that it is to be on: then nobody has chosen another one. Undefined: not known
 */
export async function findService(
  aws: Aws,
  cluster: string,
  name: string,
  wanted?: string,
): Promise<FoundService | undefined> {
  const found = await serviceNamed(aws, cluster, name);
  if (!found || found.status === "INACTIVE") return undefined;
  const loadBalancers = (found.loadBalancers ?? []).map(
    ({ targetGroupArn = "", containerName = "", containerPort = 0 }) => ({
      targetGroup: targetGroupArn,
      container: containerName,
      port: containerPort,
    }),
  );
  const isActive = found.status === "ACTIVE";
  const state = stateOf(found);
  const [healthyTargets, troubled, over] = await Promise.all([
    isActive ? fewestHealthy(aws, loadBalancers, state.runningCount) : undefined,
    isActive ? troubleOf(aws, found) : NO_TROUBLE,
    isActive && found.taskDefinition !== wanted
      ? chosenOver(aws, found.taskDefinition ?? "", state.rollout.createdAt)
      : undefined,
  ]);
  return { ...settingsOf(found), ...state, loadBalancers, healthyTargets, ...troubled, chosenOver: over };
}

/** A service as ECS has it, tombstones included; undefined: there is none. */
export async function serviceNamed(aws: Aws, cluster: string, name: string): Promise<EcsService | undefined> {
  const names = askedFor(aws, "name", name);
  const services = await aws.shared.each(`ecs service of ${cluster}`, names, async (asked) => {
    const chunks = Array.from({ length: Math.ceil(asked.length / MOST_NAMES) }, (_, index) =>
      asked.slice(index * MOST_NAMES, (index + 1) * MOST_NAMES),
    );
    const answers = await Promise.all(chunks.map((chunk) => describeServices(aws, cluster, chunk)));
    return new Map(answers.flat().map((one) => [one.serviceName ?? "", one]));
  });
  return services.get(name);
}

async function describeServices({ ecs }: Aws, cluster: string, services: string[]): Promise<EcsService[]> {
  try {
    const found = await ecs.send(new DescribeServicesCommand({ cluster, services, include: ["TAGS"] }));
    return found.services ?? [];
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException", "ServiceNotFoundException")) return [];
    throw error;
  }
}

function settingsOf(found: EcsService): Omit<ServiceSettings, "loadBalancers"> {
  const { deploymentConfiguration, placementConstraints = [], placementStrategy = [] } = found;
  return {
    taskDefinition: found.taskDefinition ?? "",
    desiredCount: found.desiredCount ?? 0,
    capacityProviderStrategy: fromAwsStrategy(found.capacityProviderStrategy),
    fargate: found.launchType === "FARGATE" ? fromAwsNetwork(found.networkConfiguration) : undefined,
    executeCommand: found.enableExecuteCommand ?? false,
    deployment: {
      minimumHealthyPercent: deploymentConfiguration?.minimumHealthyPercent ?? 100,
      maximumPercent: deploymentConfiguration?.maximumPercent ?? 200,
      whenFailing: whenFailing(deploymentConfiguration?.deploymentCircuitBreaker),
    },
    availabilityZoneRebalancing: found.availabilityZoneRebalancing ?? "DISABLED",
    placementConstraints: placementConstraints.map(({ type = "distinctInstance", expression }) => ({
      type,
      ...(expression === undefined ? {} : { expression }),
    })),
    placementStrategy: placementStrategy.map(({ type = "random", field }) => ({
      type,
      ...(field === undefined ? {} : { field }),
    })),
    healthCheckGracePeriod: found.healthCheckGracePeriodSeconds ?? 0,
    propagateTags: found.propagateTags ?? "NONE",
  };
}

function whenFailing(breaker: DeploymentCircuitBreaker | undefined): ServiceSettings["deployment"]["whenFailing"] {
  if (!breaker?.enable) return "off";
  return breaker.rollback ? "rollback" : "stay";
}

function stateOf(found: EcsService) {
  const { deployments = [] } = found;
  const primary = deployments.find(({ status }) => status === "PRIMARY");
  const older = deployments.filter((one) => one !== primary);
  return {
    arn: found.serviceArn ?? "",
    cluster: found.clusterArn ?? "",
    status: found.status ?? "",
    runningCount: found.runningCount ?? 0,
    pendingCount: found.pendingCount ?? 0,
    launchType: found.launchType,
    connected: connectOf(found),
    rollout: {
      // Not told of services that something else than ECS deploys (ecs:Deployment, rolloutState).
      state: primary?.rolloutState ?? (older.length > 0 ? "IN_PROGRESS" : "COMPLETED"),
      reason: primary?.rolloutStateReason,
      olderTasks: older.reduce((sum, { runningCount = 0 }) => sum + runningCount, 0),
      failedTasks: primary?.failedTasks ?? 0,
      createdAt: primary?.createdAt,
    },
    events: (found.events ?? []).map(eventOf),
    tags: fromEcsTags(found.tags),
  };
}

/** Where no task runs none can answer, and nobody is asked. */
async function fewestHealthy(
  aws: Aws,
  targets: readonly LoadBalancerTarget[],
  runningTasks: number,
): Promise<number | undefined> {
  if (targets.length === 0) return undefined;
  if (runningTasks === 0) return 0;
  return Math.min(...(await Promise.all(targets.map(({ targetGroup }) => healthyIn(aws, targetGroup)))));
}

async function healthyIn({ elbv2 }: Aws, TargetGroupArn: string): Promise<number> {
  try {
    const { TargetHealthDescriptions = [] } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").length;
  } catch (error) {
    if (isCode(error, "TargetGroupNotFound")) return 0;
    throw error;
  }
}

type Troubled = Pick<FoundService, "trouble" | "crashes" | "printed">;

const NO_TROUBLE: Troubled = { trouble: undefined, crashes: 0, printed: [] };

/** So many tasks that ended by themselves are enough: ECS's circuit breaker waits for three at least, and may be off. */
export const ENOUGH = 2;

/** Lines of what one of them printed last that are worth showing. */
const LAST_LINES = 5;

/** Why tasks do not start: what the last one to fail said, or else the scheduler's last word. */
async function troubleOf(aws: Aws, found: EcsService): Promise<Troubled> {
  const { runningCount = 0, desiredCount = 0, deployments = [], events = [] } = found;
  if (runningCount >= desiredCount && deployments.length === 1) return NO_TROUBLE;
  const failed = deployments.some(({ failedTasks = 0 }) => failedTasks > 0) ? await failedTasksOf(aws, found) : [];
  const underWay = deployments.find(
    ({ status, rolloutState }) => status === "PRIMARY" && rolloutState === "IN_PROGRESS",
  );
  const crashes = failed.filter(
    ({ startedBy, stopCode }) => startedBy === underWay?.id && stopCode === "EssentialContainerExited",
  ).length;
  const [last] = failed;
  const printed =
    last && crashes >= ENOUGH ? await lastPrinted(aws, last.taskDefinitionArn ?? "", idOf(last), LAST_LINES) : [];
  return { trouble: last ? endOf(last) : wordOf(events[0]?.message), crashes, printed };
}

function idOf({ taskArn = "" }: Task): string {
  return nameIn(taskArn);
}

function endOf({ containers = [], stoppedReason }: Task): string | undefined {
  const reason = containers.find((one) => one.reason)?.reason;
  const ended = containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  return reason ?? (ended ? `container ${ended.name} exited with ${ended.exitCode}` : stoppedReason);
}

function wordOf(event = ""): string | undefined {
  if (!/unable to/.test(event)) return undefined;
  return event.replace(/^\(service [^)]*\) /, "").replace(/ For more information.*$/, "");
}

/** Those that did not start or ended by themselves, the last one first. */
async function failedTasksOf(aws: Aws, { clusterArn = "", serviceName = "" }: EcsService): Promise<Task[]> {
  const tasks = await tasksOf(aws, { cluster: clusterArn, name: serviceName }, "STOPPED");
  return tasks
    .filter(({ stopCode }) => stopCode === "TaskFailedToStart" || stopCode === "EssentialContainerExited")
    .sort((one, other) => (other.stoppedAt?.getTime() ?? 0) - (one.stoppedAt?.getTime() ?? 0));
}
