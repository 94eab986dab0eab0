import {
  type AwsVpcConfiguration,
  type Deployment,
  DescribeServicesCommand,
  type Service as EcsService,
  type Task,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { tasksOf } from "../../aws/service-tasks.ts";
import { fromEcsTags, type Tags } from "../../aws/tags.ts";
import { type FailedTask, failedAmong } from "./failed-tasks.ts";
import { eventOf, type Said } from "./service-events.ts";
import type { ServicePlace } from "./service-reads.ts";
import { type Unplaced, unplacedOf } from "./unplaced.ts";

/** Where a service is on its way from one revision to another. */
export interface Rollout {
  /** ARN of the revision that the service is to be on now, by its primary deployment. */
  readonly revision: string;
  readonly primary: RolloutDeployment;
  /** Former deployments that still have something, newest first. */
  readonly former: readonly RolloutDeployment[];
  readonly desiredCount: number;
  /** Whether ECS goes back by itself from tasks that fail: a circuit breaker with rollback. */
  readonly goesBack: boolean;
  /** The network of its tasks on Fargate; undefined: they are on machines. */
  readonly fargate: AwsVpcConfiguration | undefined;
  /** Targets by their states, of all target groups of the service; undefined: it has none. */
  readonly targets: Readonly<Record<string, number>> | undefined;
  /** When the primary deployment was how far. */
  readonly times: RolloutTimes;
  /** Why no more tasks of the primary deployment start; undefined: they do, as far as ECS says. */
  readonly unplaced: Unplaced | undefined;
  /** Tasks that came to a bad end, newest first, as long as ECS remembers them (an hour or so). */
  readonly failures: readonly FailedTask[];
  /** What the scheduler said, newest first. */
  readonly events: readonly Said[];
  readonly tags: Tags;
}

/** Milliseconds from the beginning of a deployment, by ECS's clock; undefined: not yet. */
export interface RolloutTimes {
  /** Until its last task had a place. */
  readonly placed: number | undefined;
  /** Until its last task ran. */
  readonly started: number | undefined;
  /** Until the last task of former ones was gone. */
  readonly drained: number | undefined;
}

/** One deployment of a service. */
export interface RolloutDeployment {
  readonly id: string;
  /** ARN of its revision. */
  readonly revision: string;
  /** `IN_PROGRESS`, `COMPLETED` or `FAILED`. */
  readonly state: string;
  readonly reason: string | undefined;
  readonly createdAt: Date | undefined;
  readonly running: number;
  readonly pending: number;
  /** Of its tasks, how many are not told to stop. */
  readonly wanted: number;
}

/** What there is of a service's rollout; undefined: there is no such service. */
export async function rolloutOf(aws: Aws, place: ServicePlace): Promise<Rollout | undefined> {
  try {
    return await lookAt(aws, place);
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException", "ServiceNotFoundException")) return undefined;
    throw error;
  }
}

async function lookAt(aws: Aws, place: ServicePlace): Promise<Rollout | undefined> {
  // Tasks first, so that what the scheduler says of the end of one is there with it.
  const [running, stopped] = await Promise.all([tasksOf(aws, place, "RUNNING"), tasksOf(aws, place, "STOPPED")]);
  const service = await activeService(aws, place);
  if (!service) return undefined;
  const { deployments = [], events = [], desiredCount = 0, taskDefinition = "" } = service;
  const breaker = service.deploymentConfiguration?.deploymentCircuitBreaker;
  const told = deployments.map((one) => deploymentOf(one, running));
  const found = deployments.findIndex(({ status }) => status === "PRIMARY");
  const [newest, primary] = [deployments[found], told[found]];
  if (!newest || !primary) return undefined;
  const said = events.map(eventOf);
  return {
    revision: primary.revision || taskDefinition,
    primary,
    former: told.filter((one) => one !== primary),
    desiredCount,
    goesBack: breaker?.enable === true && breaker.rollback === true,
    fargate: service.launchType === "FARGATE" ? service.networkConfiguration?.awsvpcConfiguration : undefined,
    targets: await targetStates(aws, service),
    times: timesOf(newest, desiredCount, [...running, ...stopped]),
    unplaced: await unplacedOf(aws, service, newest, said),
    failures: await failedAmong(aws, stopped, said),
    events: said,
    tags: fromEcsTags(service.tags),
  };
}

/**
 * ARN of the revision that serves: of the last deployment that was completed, or else of the oldest that has tasks, if any of them
 * passes the load balancer's checks. Undefined: of none.
 */
export function servingIn({ primary, former, targets }: Rollout): string | undefined {
  const all = [primary, ...former];
  const completed = all.find(({ state }) => state === "COMPLETED");
  if (completed) return completed.revision;
  if (targets !== undefined && !targets.healthy) return undefined;
  return all.filter(({ running, state }) => running > 0 && state !== "FAILED").at(-1)?.revision;
}

async function activeService({ ecs }: Aws, { cluster, name }: ServicePlace): Promise<EcsService | undefined> {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [name], include: ["TAGS"] }),
  );
  return services.find(({ status }) => status === "ACTIVE");
}

/** A page of ListTasks is no longer than what one DescribeTasks takes: 100. */
function timesOf({ id, createdAt }: Deployment, desiredCount: number, tasks: readonly Task[]): RolloutTimes {
  const since = createdAt?.getTime() ?? 0;
  /** That of the last one, if all that shall have a time have one. */
  const last = (times: readonly (Date | undefined)[], least: number) => {
    const known = times.flatMap((time) => time?.getTime() ?? []);
    return known.length < Math.max(least, times.length) ? undefined : Math.max(...known) - since;
  };
  const own = tasks.filter(({ startedBy, desiredStatus }) => startedBy === id && desiredStatus === "RUNNING");
  const left = tasks.filter(({ startedBy, stoppedAt }) => startedBy !== id && (stoppedAt?.getTime() ?? since) >= since);
  return {
    placed: last(
      own.map((task) => task.createdAt),
      desiredCount,
    ),
    started: last(
      own.map(({ startedAt }) => startedAt),
      desiredCount,
    ),
    drained:
      left.length === 0
        ? undefined
        : last(
            left.map(({ stoppedAt }) => stoppedAt),
            0,
          ),
  };
}

function deploymentOf(one: Deployment, wanted: readonly Task[]): RolloutDeployment {
  return {
    id: one.id ?? "",
    revision: one.taskDefinition ?? "",
    state: one.rolloutState ?? "IN_PROGRESS",
    reason: one.rolloutStateReason,
    createdAt: one.createdAt,
    running: one.runningCount ?? 0,
    pending: one.pendingCount ?? 0,
    wanted: wanted.filter(({ startedBy }) => startedBy === one.id).length,
  };
}

async function targetStates({ elbv2 }: Aws, { loadBalancers = [] }: EcsService): Promise<Rollout["targets"]> {
  const groups = loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  if (groups.length === 0) return undefined;
  const states: Record<string, number> = {};
  for (const TargetGroupArn of groups) {
    const { TargetHealthDescriptions = [] } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    for (const { TargetHealth } of TargetHealthDescriptions) {
      const state = TargetHealth?.State ?? "unknown";
      states[state] = (states[state] ?? 0) + 1;
    }
  }
  return states;
}
