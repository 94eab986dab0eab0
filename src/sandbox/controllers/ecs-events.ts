import { deliver, type ServiceEvent } from "../world/eventbridge/bus.ts";
import type { ContainerInstance, EcsService, EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Brings what happens to tasks, services and container instances to EventBridge. ("Amazon ECS events", ECS Developer Guide) */
export function controlEcsEvents(world: World): void {
  const tell = (region: Region, event: Omit<ServiceEvent, "source">) =>
    world.background(() => deliver(world, region, { source: "aws.ecs", ...event }));

  world.watch("ecs", "tasks", (region, { before, after }) => {
    if (after && after.version !== before?.version) tell(region, taskChange(after));
  });
  world.watch("ecs", "services", (region, { before, after }) => {
    if (!after) return;
    for (const event of [...deploymentChanges(before, after), ...serviceActions(before, after)]) tell(region, event);
  });
  world.watch("ecs", "containerInstances", (region, { before, after }) => {
    if (after && toldOf(after) !== (before && toldOf(before))) tell(region, instanceChange(after));
  });
}

function taskChange({ hidden: _hidden, tags: _tags, ...task }: EcsTask): Omit<ServiceEvent, "source"> {
  return { detailType: "ECS Task State Change", resources: [task.taskArn], detail: task };
}

function instanceChange({
  hidden: { clusterArn },
  tags: _tags,
  ...instance
}: ContainerInstance): Omit<ServiceEvent, "source"> {
  return {
    detailType: "ECS Container Instance State Change",
    resources: [instance.containerInstanceArn],
    detail: { clusterArn, ...instance },
  };
}

function toldOf({ status, agentConnected }: ContainerInstance): string {
  return `${status} ${agentConnected}`;
}

/** Deployments whose state is another than before. */
function deploymentChanges(before: EcsService | undefined, { serviceArn, deployments }: EcsService) {
  const formerly = new Map(before?.deployments.map(({ id, rolloutState }) => [id, rolloutState]));
  const changed = deployments.filter(({ id, rolloutState }) => formerly.get(id) !== rolloutState);
  return changed.map(({ id, rolloutState, rolloutStateReason, updatedAt }) => ({
    detailType: "ECS Deployment State Change",
    resources: [serviceArn],
    detail: {
      eventType: rolloutState === "FAILED" ? "ERROR" : "INFO",
      eventName: `SERVICE_DEPLOYMENT_${rolloutState}`,
      deploymentId: id,
      updatedAt,
      reason: rolloutStateReason,
    },
  }));
}

/** What a service says in its own events, as EventBridge names it. */
const ACTIONS: readonly (readonly [words: RegExp, eventType: string, eventName: string])[] = [
  [/has reached a steady state/, "INFO", "SERVICE_STEADY_STATE"],
  [/is unable to consistently start tasks successfully/, "WARN", "SERVICE_TASK_START_IMPAIRED"],
  [/was unable to place a task/, "ERROR", "SERVICE_TASK_PLACEMENT_FAILURE"],
];

function serviceActions(before: EcsService | undefined, { serviceArn, clusterArn, events, ...service }: EcsService) {
  const known = new Set(before?.events.map(({ id }) => id));
  const happened = events
    .filter(({ id }) => !known.has(id))
    .reverse()
    .flatMap(({ message = "", createdAt }) => {
      const [, eventType, eventName] = ACTIONS.find(([words]) => words.test(message)) ?? [];
      const [, reason] = /was unable to place a task.*? Reason: (.+)$/.exec(message) ?? [];
      return eventName === undefined
        ? []
        : [{ eventType, eventName, clusterArn, createdAt, ...(reason !== undefined && { reason }) }];
    });
  const { desiredCount } = service;
  const isScaled = before !== undefined && before.desiredCount !== desiredCount;
  const scaled = { eventType: "INFO", eventName: "SERVICE_DESIRED_COUNT_UPDATED", clusterArn, desiredCount };
  return [...(isScaled ? [scaled] : []), ...happened].map((detail) => ({
    detailType: "ECS Service Action",
    resources: [serviceArn],
    detail,
  }));
}
