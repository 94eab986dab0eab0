import { addEvent, tasksOf } from "../world/ecs/deployments.ts";
import { nameIn } from "../world/ecs/names.ts";
import { placedTask } from "../world/ecs/placed-task.ts";
import { forgetDeployments } from "../world/ecs/service-deployments.ts";
import { asOwner } from "../world/ecs/task-owner.ts";
import type { EcsService, EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { advance, complete, giveUp, whyGivenUp } from "./ecs-rollouts.ts";
import { isSteady, isStuck, replaceable, type ServiceState, stateOf } from "./ecs-service-state.ts";
import { countsFrom, failingOf, judgedFrom } from "./ecs-task-health.ts";

const STUCK =
  "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.";
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
      if (service?.status === "ACTIVE") goOn(region, service);
      else if (service?.status === "DRAINING") empty(region, service);
    });
  }

  const planAll = (region: Region) => {
    for (const { serviceArn, status } of region.ecs.services.all()) {
      if (status !== "INACTIVE") plan(region, serviceArn);
    }
  };

  function goOn(region: Region, service: EcsService): void {
    advance(world, region, service);
    const why = whyGivenUp(region, service);
    if (why === undefined) keep(region, service);
    else giveUp(world, region, service, why);
  }

  function keep(region: Region, service: EcsService): void {
    const state = stateOf(world, region, service);
    recover(region, service, state);
    stop(region, service, state.current.slice(service.desiredCount));
    replaceFailing(region, service, state);
    // A deployment that was given up starts nothing, and what there was before it goes on.
    if (service.deployments[0]?.rolloutState === "FAILED") return;
    const lacking = service.desiredCount - state.current.length;
    const waits = lacking > 0 && isLater(service.hidden.retryAt, world.now());
    const room = Math.min(lacking, state.upper - state.wanted.length);
    const started = waits || room <= 0 ? 0 : startTasks(region, service, room, state.leaving.length > 0);
    const leaving = replaceable(state, service, !waits && lacking > started);
    stop(region, service, leaving);
    if (!waits && room <= 0 && leaving.length === 0 && isStuck(state, service)) tell(region, service, STUCK);
    if (isSteady(state, service)) settle(region, service);
  }

  /** A task that is healthy ends a row of failures (DeploymentCircuitBreaker, resetOnHealthyTask). */
  function recover(region: Region, service: EcsService, { current, isHealthy }: ServiceState): void {
    const { deploymentCircuitBreaker: breaker } = service.deploymentConfiguration;
    if (breaker?.resetOnHealthyTask === false || service.deployments[0]?.failedTasks === 0) return;
    if (!current.some(isHealthy)) return;
    region.ecs.services.update(service.serviceArn, (draft) => {
      for (const primary of draft.deployments.slice(0, 1)) primary.failedTasks = 0;
    });
  }

  function replaceFailing(region: Region, service: EcsService, { wanted }: ServiceState): void {
    for (const task of wanted) {
      const failing = failingOf(world, region, service, task);
      if (!failing) continue;
      tell(region, service, failing.event);
      halt(region, task, failing.reason);
    }
  }

  /** Starts up to `count` tasks; answers how many found a place. */
  function startTasks(region: Region, service: EcsService, count: number, isMakingRoom: boolean): number {
    const name = nameIn(service.deployments[0]?.taskDefinition ?? "");
    const definition = region.ecs.taskDefinitions.get(name);
    if (!definition) return 0;
    const owner = asOwner(service, definition);
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      const place = placedTask(world, region, owner, definition);
      if ("reason" in place) {
        // While tasks that were told to stop still hold their places, this is nothing to tell anybody.
        if (!isMakingRoom) tell(region, service, place.reason);
        break;
      }
      const task = region.ecs.tasks.put(place);
      ids.push(`(task ${nameIn(task.taskArn)})`);
    }
    if (ids.length > 0) tell(region, service, `has started ${ids.length} tasks: ${ids.join(" ")}.`);
    return ids.length;
  }

  function stop(region: Region, service: EcsService, tasks: readonly EcsTask[]): void {
    if (tasks.length === 0) return;
    for (const task of tasks) halt(region, task, `Scaling activity initiated by (deployment ${task.startedBy})`);
    const ids = tasks.map((task) => `(task ${nameIn(task.taskArn)})`);
    tell(region, service, `has stopped ${ids.length} running tasks: ${ids.join(" ")}.`);
  }

  function halt(region: Region, { taskArn }: EcsTask, reason: string): void {
    region.ecs.tasks.update(taskArn, (draft) => {
      if (draft.desiredStatus === "STOPPED") return;
      draft.desiredStatus = "STOPPED";
      draft.stopCode = "ServiceSchedulerInitiated";
      draft.stoppedReason = reason;
      draft.version++;
    });
  }

  function settle(region: Region, service: EcsService): void {
    const { serviceArn, deployments, events } = service;
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
    complete(world, region, service);
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
    forgetDeployments(region, service);
  }

  function tell(region: Region, { serviceArn }: EcsService, message: string): void {
    // Writing nothing is a change, too, and the service would be looked at again for it.
    if (region.ecs.services.get(serviceArn)?.events[0]?.message?.endsWith(message)) return;
    region.ecs.services.update(serviceArn, (draft) => addEvent(draft, world.now(), message));
  }

  /**
   * Counts tasks that did not start, or did not last: the next try waits, longer each time for those that did not start, which alone are
   * told of. (ECS Developer Guide, "Amazon ECS service throttle logic")
   */
  function count(region: Region, service: EcsService, task: EcsTask): void {
    const hasFailed = task.lastStatus === "STOPPED" && isFailure(region, service, task);
    if (!hasFailed && task.lastStatus !== "RUNNING") return;
    region.ecs.services.update(service.serviceArn, (draft) => {
      if (!hasFailed) {
        draft.hidden.failures = 0;
        delete draft.hidden.retryAt;
        return;
      }
      const deployment = draft.deployments.find(({ id }) => id === task.startedBy);
      if (deployment) deployment.failedTasks++;
      const hasStarted = task.stopCode !== "TaskFailedToStart";
      const doublings = hasStarted ? 0 : Math.min(draft.hidden.failures++, MOST_DOUBLINGS);
      const pause = world.delay("task tried again") * 2 ** doublings;
      draft.hidden.retryAt = new Date(world.now().getTime() + pause);
      if (!hasStarted && draft.hidden.failures === 2) {
        addEvent(
          draft,
          world.now(),
          "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
        );
      }
    });
  }

  /** Of tasks that ended by themselves only those fail a deployment that ended before one of it was healthy. */
  function isFailure(region: Region, service: EcsService, { startedBy, stopCode, stoppedReason }: EcsTask): boolean {
    if (stopCode === "TaskFailedToStart") return true;
    if (stopCode === "ServiceSchedulerInitiated") return stoppedReason?.startsWith("Task failed") ?? false;
    if (stopCode !== "EssentialContainerExited") return false;
    const { current, isHealthy } = stateOf(world, region, service);
    return service.deployments[0]?.id === startedBy && !current.some(isHealthy);
  }

  function retry(region: Region, { serviceArn, hidden }: EcsService): void {
    if (hidden.retryAt) world.at(hidden.retryAt, () => plan(region, serviceArn));
  }

  /** Looks again when time alone may have changed what a task counts for. */
  function lookAgain(region: Region, service: EcsService, task: EcsTask): void {
    if (task.lastStatus !== "RUNNING" || !world.hasTraffic) return;
    for (const time of [countsFrom(world, task), judgedFrom(world, task, service)]) {
      if (time > world.now().getTime()) world.at(new Date(time), () => plan(region, service.serviceArn));
    }
  }

  world.watch("ecs", "services", (region, { before, after }) => {
    if (!after || after.status === "INACTIVE") return;
    plan(region, after.serviceArn);
    if (after.hidden.retryAt?.getTime() !== before?.hidden.retryAt?.getTime()) retry(region, after);
  });
  world.watch("ecs", "tasks", (region, { before, after }) => {
    const service = region.ecs.services.get(after?.hidden.serviceArn ?? "");
    if (!after || !service) return;
    if (after.lastStatus !== before?.lastStatus) {
      count(region, service, after);
      lookAgain(region, service, after);
    }
    plan(region, service.serviceArn);
  });
  world.watch("ecs", "containerInstances", planAll);
  world.watch("elbv2", "targets", planAll);
  for (const region of world.regions()) {
    planAll(region);
    for (const service of region.ecs.services.all()) {
      retry(region, service);
      for (const task of tasksOf(region, service)) lookAgain(region, service, task);
    }
  }
}

function isLater(time: Date | undefined, now: Date): boolean {
  return time !== undefined && time.getTime() > now.getTime();
}
