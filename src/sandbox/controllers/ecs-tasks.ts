import type { Loopback } from "../world/addresses.ts";
import { addEvent } from "../world/ecs/deployments.ts";
import { nameIn } from "../world/ecs/names.ts";
import { type EcsTask, type TaskDefinition, targetKey } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { checkWayOut, registryImage } from "./ecs-images.ts";
import { readSecrets } from "./ecs-secrets.ts";
import type { TaskContainers } from "./ecs-task-containers.ts";
import { TaskFailure } from "./ecs-task-failure.ts";
import { attachInterface, detachInterface } from "./ecs-task-interfaces.ts";
import { taskRole } from "./ecs-task-roles.ts";

/** A stopped task stays listed for about this long (DescribeTasks). */
const TOMBSTONE_MS = 3600 * 1000;

/**
 * Takes tasks from state to state: started on their container instance, drained and stopped.
 *
 * @param containers what really runs for them; absent: nothing does, and every container starts
 */
export function controlEcsTasks(world: World, containers: TaskContainers | undefined, loopback: Loopback): void {
  function react(region: Region, task: EcsTask): void {
    const { taskArn, lastStatus, desiredStatus } = task;
    if (lastStatus === "STOPPED") {
      const since = task.stoppedAt ?? world.now();
      world.at(new Date(since.getTime() + TOMBSTONE_MS), () => region.ecs.tasks.delete(taskArn));
    } else if (lastStatus === "STOPPING" || (desiredStatus === "STOPPED" && isStarting(task))) {
      world.at(world.later("task stops"), () => end(region, taskArn));
    } else if (lastStatus === "DEACTIVATING") {
      whenDrained(region, task);
    } else if (desiredStatus === "STOPPED") {
      drain(region, task);
    } else if (lastStatus === "PROVISIONING") {
      provision(region, task);
    } else if (lastStatus === "PENDING") {
      world.at(world.later("task starts"), () => start(region, taskArn));
    }
  }

  /** A task on Fargate gets its network interface first. */
  function provision(region: Region, task: EcsTask): void {
    try {
      attachInterface(world, region, task, loopback);
      move(region, task.taskArn, "PENDING");
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
      fail(region, task.taskArn, error);
    }
  }

  function move(region: Region, taskArn: string, lastStatus: string): void {
    region.ecs.tasks.update(taskArn, (draft) => {
      draft.lastStatus = lastStatus;
      draft.version++;
    });
  }

  function start(region: Region, taskArn: string): void {
    const task = region.ecs.tasks.get(taskArn);
    if (task?.lastStatus !== "PENDING" || task.desiredStatus !== "RUNNING") return;
    region.ecs.tasks.update(taskArn, (draft) => {
      draft.pullStartedAt ??= world.now();
    });
    const definition = region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
    attempt(region, taskArn, () => {
      if (!definition) throw new TaskFailure("the task definition is gone");
      if (containers) return containers.start(region, task, definition);
      checkStart(world, region, task, definition);
      return true;
    });
  }

  /** Goes on with a task whose containers start now, or in a while. */
  function attempt(region: Region, taskArn: string, begin: () => boolean | Promise<boolean>): void {
    const failed = (error: unknown) => {
      if (!(error instanceof TaskFailure)) throw error;
      fail(region, taskArn, error);
    };
    try {
      const outcome = begin();
      if (typeof outcome === "boolean") started(region, taskArn);
      else {
        world.clock.hold(outcome);
        world.background(() => outcome.then((isUp) => (isUp ? started(region, taskArn) : undefined), failed));
      }
    } catch (error) {
      failed(error);
    }
  }

  function started(region: Region, taskArn: string): void {
    const task = region.ecs.tasks.update(taskArn, (draft) => {
      draft.lastStatus = "RUNNING";
      draft.pullStoppedAt = world.now();
      draft.startedAt = world.now();
      draft.connectivity = "CONNECTED";
      draft.version++;
      for (const container of draft.containers) container.lastStatus = "RUNNING";
    });
    register(region, taskArn);
    if (task) containers?.watch(region, task);
  }

  function fail(region: Region, taskArn: string, { message, container }: TaskFailure): void {
    region.ecs.tasks.update(taskArn, (draft) => {
      draft.desiredStatus = "STOPPED";
      draft.stopCode = "TaskFailedToStart";
      draft.stoppedReason = container === undefined ? message : "Task failed to start";
      const failed = draft.containers.find(({ name }) => name === container);
      if (failed) failed.reason = message;
      draft.version++;
    });
  }

  function register(region: Region, taskArn: string): void {
    const { targets = [], serviceArn } = region.ecs.tasks.get(taskArn)?.hidden ?? {};
    for (const target of targets) {
      region.elbv2.targets.put({ ...target, hidden: { registeredAt: world.now() } });
      note(region, serviceArn, `registered 1 targets in (target-group ${target.TargetGroupArn})`);
    }
  }

  function drain(region: Region, task: EcsTask): void {
    const isRegistered = deregister(region, task);
    if (isRegistered) note(region, task.hidden.serviceArn, "has begun draining connections on 1 tasks.");
    region.ecs.tasks.update(task.taskArn, (draft) => {
      draft.lastStatus = isRegistered ? "DEACTIVATING" : "STOPPING";
      draft.stoppingAt = world.now();
      draft.version++;
    });
  }

  /** Answers whether there was anything to deregister. */
  function deregister(region: Region, task: EcsTask): boolean {
    const present = task.hidden.targets.filter((target) => region.elbv2.targets.get(targetKey(target)));
    for (const target of present) {
      region.elbv2.targets.update(targetKey(target), (draft) => {
        draft.hidden.deregisteredAt ??= world.now();
      });
      note(region, task.hidden.serviceArn, `deregistered 1 targets in (target-group ${target.TargetGroupArn})`);
    }
    return present.length > 0;
  }

  function whenDrained(region: Region, task: EcsTask): void {
    if (task.hidden.targets.some((target) => region.elbv2.targets.get(targetKey(target)))) return;
    move(region, task.taskArn, "STOPPING");
  }

  /** Ends what still runs of a task. */
  function end(region: Region, taskArn: string): void {
    const task = region.ecs.tasks.get(taskArn);
    const ended = task && containers?.stop(region, task);
    if (!ended) stopped(region, taskArn);
    else {
      world.clock.hold(ended);
      world.background(() => ended.then((isOver) => (isOver ? stopped(region, taskArn) : undefined)));
    }
  }

  function stopped(region: Region, taskArn: string): void {
    if (region.ecs.tasks.get(taskArn)?.lastStatus === "STOPPED") return;
    const ended = region.ecs.tasks.get(taskArn);
    if (ended) {
      detachInterface(region, ended);
      world.background(async () => containers?.remove(region, ended));
    }
    region.ecs.tasks.update(taskArn, (draft) => {
      draft.lastStatus = "STOPPED";
      draft.desiredStatus = "STOPPED";
      draft.stoppingAt ??= world.now();
      draft.executionStoppedAt = world.now();
      draft.stoppedAt = world.now();
      draft.version++;
      for (const container of draft.containers) container.lastStatus = "STOPPED";
    });
  }

  /** Tasks end with the machine under them. */
  function lose(region: Region, containerInstanceArn: string, reason: string): void {
    for (const task of region.ecs.tasks.filter((one) => one.containerInstanceArn === containerInstanceArn)) {
      if (task.lastStatus === "STOPPED") continue;
      deregister(region, task);
      region.ecs.tasks.update(task.taskArn, (draft) => {
        draft.stopCode ??= "TerminationNotice";
        draft.stoppedReason ??= reason;
      });
      stopped(region, task.taskArn);
    }
  }

  function note(region: Region, serviceArn: string | undefined, message: string): void {
    region.ecs.services.update(serviceArn ?? "", (draft) => addEvent(draft, world.now(), message));
  }

  world.watch("ecs", "tasks", (region, { key, before, after }) => {
    const present = region.ecs.tasks.get(key);
    // A change that another one has followed already is that one's business.
    if (after && stateOf(after) !== stateOf(before) && stateOf(after) === stateOf(present)) react(region, after);
  });
  world.watch("ecs", "containerInstances", (region, { key, before, after }) => {
    if (!after) lose(region, key, `Host EC2 (instance ${before?.ec2InstanceId}) terminated.`);
    else if (after.statusReason !== undefined && before?.statusReason === undefined) {
      lose(region, key, `Host EC2 (instance ${after.ec2InstanceId}) stopped.`);
    }
  });
  world.watch("elbv2", "targets", (region, { after }) => {
    if (after) return;
    for (const task of region.ecs.tasks.filter(({ lastStatus }) => lastStatus === "DEACTIVATING")) {
      whenDrained(region, task);
    }
  });
  // A machine that was rebooted has none of its tasks' containers up.
  world.watch("ec2", "instances", (region, { key, before, after }) => {
    if (before?.hidden.bootedAt?.getTime() === after?.hidden.bootedAt?.getTime()) return;
    for (const task of region.ecs.tasks.all()) {
      const machine = region.ecs.containerInstances.get(task.containerInstanceArn ?? "");
      if (machine?.ec2InstanceId !== key) continue;
      if (isUp(task)) containers?.resume(region, task);
      else if (task.lastStatus === "PENDING") start(region, task.taskArn);
    }
  });
  for (const region of world.regions()) {
    for (const task of region.ecs.tasks.all()) {
      react(region, task);
      if (isUp(task)) containers?.resume(region, task);
    }
  }
}

/** Looks up what a task needs to start, and throws what is missing. */
function checkStart(world: World, region: Region, task: EcsTask, definition: TaskDefinition): void {
  taskRole(world, region, task, definition);
  readSecrets(world, region, task, definition);
  for (const container of definition.containerDefinitions) {
    checkWayOut(region, task, container);
    const image = registryImage(world, region, task, definition, container);
    if (!image) continue;
    region.ecs.tasks.update(task.taskArn, (draft) => {
      const started = draft.containers.find(({ name }) => name === container.name);
      if (started) started.imageDigest = image.digest;
    });
  }
}

function isUp({ lastStatus }: EcsTask): boolean {
  return lastStatus === "RUNNING" || lastStatus === "DEACTIVATING";
}

function isStarting({ lastStatus }: EcsTask): boolean {
  return lastStatus === "PROVISIONING" || lastStatus === "PENDING";
}

function stateOf(task: EcsTask | undefined): string {
  return `${task?.lastStatus} ${task?.desiredStatus}`;
}
