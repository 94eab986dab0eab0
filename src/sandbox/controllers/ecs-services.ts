import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import { addEvent, tasksOf } from "../world/ecs-deployments.ts";
import { placeTask } from "../world/ecs-placement.ts";
import { type ContainerInstance, type EcsService, type EcsTask, targetKey } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { newTask } from "./ecs-new-task.ts";

const STEADY = "has reached a steady state.";
/** After so many failures the pause before the next try grows no more. */
const MOST_DOUBLINGS = 5;

/**
 * The scheduler of services: starts and stops tasks until as many run as are wanted, all of the newest deployment. It
 * looks at a service anew after whatever may matter to it has changed, and each look makes one step.
 */
export function controlEcsServices(world: World): void {
  const planned = new Set<string>();

  function plan(region: Region, serviceArn: string): void {
    if (planned.has(serviceArn)) return;
    planned.add(serviceArn);
    world.at(world.later("service scheduled"), () => {
      planned.delete(serviceArn);
      const service = region.ecs.services.get(serviceArn);
      if (service?.status === "ACTIVE") keep(region, service);
      else if (service?.status === "DRAINING") empty(region, service);
    });
  }

  const planAll = (region: Region) => {
    for (const { serviceArn, status } of region.ecs.services.all()) {
      if (status !== "INACTIVE") plan(region, serviceArn);
    }
  };

  function keep(region: Region, service: EcsService): void {
    const state = stateOf(region, service);
    const surplus = state.current.slice(service.desiredCount);
    stop(region, service, surplus);
    const lacking = service.desiredCount - state.current.length;
    const waits = lacking > 0 && isLater(service.hidden.retryAt, world.now());
    const room = Math.min(lacking, state.upper - state.wanted.length);
    const started = waits || room <= 0 ? 0 : startTasks(region, service, room, state.leaving.length > 0);
    stop(region, service, replaceable(state, service, !waits && lacking > started));
    if (isSteady(state, service)) settle(region, service);
  }

  /** Starts up to `count` tasks; answers how many found a place. */
  function startTasks(region: Region, service: EcsService, count: number, isMakingRoom: boolean): number {
    const name = service.deployments[0]?.taskDefinition.split("/").at(-1) ?? "";
    const definition = region.ecs.taskDefinitions.get(name);
    if (!definition) return 0;
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      const place = placeTask(region, service, definition, candidatesFor(region, service));
      if ("reason" in place) {
        // While tasks that were told to stop still hold their places, this is nothing to tell anybody.
        if (!isMakingRoom) tell(region, service, place.reason);
        break;
      }
      const task = region.ecs.tasks.put(newTask(world, region, service, definition, place.instance));
      ids.push(`(task ${idOf(task)})`);
    }
    if (ids.length > 0) tell(region, service, `has started ${ids.length} tasks: ${ids.join(" ")}.`);
    return ids.length;
  }

  function stop(region: Region, service: EcsService, tasks: readonly EcsTask[]): void {
    if (tasks.length === 0) return;
    for (const { taskArn, startedBy } of tasks) {
      region.ecs.tasks.update(taskArn, (draft) => {
        draft.desiredStatus = "STOPPED";
        draft.stopCode = "ServiceSchedulerInitiated";
        draft.stoppedReason = `Scaling activity initiated by (deployment ${startedBy})`;
        draft.version++;
      });
    }
    const ids = tasks.map((task) => `(task ${idOf(task)})`);
    tell(region, service, `has stopped ${ids.length} running tasks: ${ids.join(" ")}.`);
  }

  function settle(region: Region, { serviceArn, deployments, events }: EcsService): void {
    const isDone = deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED";
    if (isDone && events[0]?.message?.endsWith(STEADY)) return;
    region.ecs.services.update(serviceArn, (draft) => {
      const [primary] = draft.deployments;
      if (!primary) return;
      draft.deployments = [primary];
      if (primary.rolloutState !== "COMPLETED") {
        primary.rolloutState = "COMPLETED";
        primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
        primary.updatedAt = world.now();
        addEvent(draft, world.now(), `(deployment ${primary.id}) deployment completed.`);
      }
      addEvent(draft, world.now(), STEADY);
    });
  }

  /** A deleted service is inactive once its tasks no longer run; the last of them may still be stopping (DeleteService). */
  function empty(region: Region, service: EcsService): void {
    const tasks = tasksOf(region, service);
    stop(
      region,
      service,
      tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING"),
    );
    if (tasks.some(({ lastStatus, desiredStatus }) => lastStatus !== "STOPPING" || desiredStatus === "RUNNING")) return;
    region.ecs.services.update(service.serviceArn, (draft) => {
      draft.status = "INACTIVE";
      draft.deployments = [];
    });
  }

  function tell(region: Region, { serviceArn }: EcsService, message: string): void {
    // Writing nothing is a change, too, and the service would be looked at again for it.
    if (region.ecs.services.get(serviceArn)?.events[0]?.message?.endsWith(message)) return;
    region.ecs.services.update(serviceArn, (draft) => addEvent(draft, world.now(), message));
  }

  /** Counts tasks that did not start: the next try waits longer each time. */
  function count(region: Region, task: EcsTask): void {
    const hasFailed = task.lastStatus === "STOPPED" && task.stopCode === "TaskFailedToStart";
    if (!hasFailed && task.lastStatus !== "RUNNING") return;
    region.ecs.services.update(task.hidden.serviceArn, (draft) => {
      if (!hasFailed) {
        draft.hidden.failures = 0;
        delete draft.hidden.retryAt;
        return;
      }
      const deployment = draft.deployments.find(({ id }) => id === task.startedBy);
      if (deployment) deployment.failedTasks++;
      const pause = world.delay("task tried again") * 2 ** Math.min(draft.hidden.failures++, MOST_DOUBLINGS);
      draft.hidden.retryAt = new Date(world.now().getTime() + pause);
      if (draft.hidden.failures === 2) {
        addEvent(
          draft,
          world.now(),
          "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
        );
      }
    });
  }

  function retry(region: Region, { serviceArn, hidden }: EcsService): void {
    if (hidden.retryAt) world.at(hidden.retryAt, () => plan(region, serviceArn));
  }

  world.watch("ecs", "services", (region, { before, after }) => {
    if (!after || after.status === "INACTIVE") return;
    plan(region, after.serviceArn);
    if (after.hidden.retryAt?.getTime() !== before?.hidden.retryAt?.getTime()) retry(region, after);
  });
  world.watch("ecs", "tasks", (region, { before, after }) => {
    if (after && after.lastStatus !== before?.lastStatus) count(region, after);
    if (after) plan(region, after.hidden.serviceArn);
  });
  world.watch("ecs", "containerInstances", planAll);
  world.watch("elbv2", "targets", planAll);
  for (const region of world.regions()) {
    planAll(region);
    for (const service of region.ecs.services.all()) retry(region, service);
  }
}

/** A service's tasks, sorted by what is to become of them. */
interface State {
  /** All that shall run. */
  readonly wanted: readonly EcsTask[];
  /** Those of the primary deployment, on instances that are not being drained. */
  readonly current: readonly EcsTask[];
  /** The others. */
  readonly old: readonly EcsTask[];
  /** Told to stop, and not stopped yet. */
  readonly leaving: readonly EcsTask[];
  readonly isHealthy: (task: EcsTask) => boolean;
  /** At least so many shall be healthy, and at most so many run, during a deployment (ECS, DeploymentConfiguration). */
  readonly lower: number;
  readonly upper: number;
}

function stateOf(region: Region, service: EcsService): State {
  const { desiredCount, deploymentConfiguration, deployments } = service;
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = deploymentConfiguration;
  const tasks = tasksOf(region, service);
  const wanted = tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING");
  const isCurrent = (task: EcsTask) =>
    task.startedBy === deployments[0]?.id &&
    region.ecs.containerInstances.get(task.containerInstanceArn ?? "")?.status !== "DRAINING";
  return {
    wanted,
    current: wanted.filter(isCurrent),
    old: wanted.filter((task) => !isCurrent(task)),
    leaving: tasks.filter(({ desiredStatus }) => desiredStatus === "STOPPED"),
    isHealthy: (task) =>
      task.lastStatus === "RUNNING" && task.hidden.targets.every((one) => isTargetHealthy(region, one)),
    lower: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
    upper: Math.max(Math.floor((desiredCount * maximumPercent) / 100), 1),
  };
}

function isTargetHealthy({ elbv2 }: Region, target: EcsTask["hidden"]["targets"][number]): boolean {
  return elbv2.targets.get(targetKey(target))?.hidden.health?.State === "healthy";
}

/**
 * Tasks of former deployments that may stop now: all once the new ones are healthy, those that are too many before, and as
 * many as the deployment may do without where the new ones find no place.
 */
function replaceable({ wanted, current, old, isHealthy, lower }: State, service: EcsService, isBlocked: boolean) {
  const healthy = wanted.filter(isHealthy).length;
  if (current.filter(isHealthy).length >= service.desiredCount) return old;
  const useless = old.filter((task) => !isHealthy(task));
  const spare = Math.max(0, healthy - (isBlocked ? lower : service.desiredCount));
  return [...(isBlocked ? useless : []), ...old.filter(isHealthy).slice(0, spare)];
}

function isSteady({ current, old, leaving, isHealthy }: State, { desiredCount }: EcsService): boolean {
  return (
    current.length === desiredCount &&
    old.length === 0 &&
    leaving.length === 0 &&
    current.every((task) => isHealthy(task))
  );
}

/** Instances that the next task may go to: those of the capacity provider whose turn it is, or all of the cluster. */
function candidatesFor(region: Region, service: EcsService): ContainerInstance[] {
  const ready = region.ecs.containerInstances.filter(
    ({ hidden, status, agentConnected }) =>
      hidden.clusterArn === service.clusterArn && status === "ACTIVE" && agentConnected,
  );
  const provider = nextProvider(service.capacityProviderStrategy ?? [], tasksOf(region, service));
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

function idOf({ taskArn }: EcsTask): string {
  return taskArn.split("/").at(-1) ?? "";
}

function isLater(time: Date | undefined, now: Date): boolean {
  return time !== undefined && time.getTime() > now.getTime();
}
