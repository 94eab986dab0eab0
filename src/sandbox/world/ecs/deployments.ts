import { randomInt, randomUUID } from "node:crypto";
import type { EcsDeployment, EcsService, EcsTask } from "../records.ts";
import type { Region, World } from "../world.ts";

/** Events that a service keeps (DescribeServices). */
const MOST_EVENTS = 100;

/** A new primary deployment of what the service is now. */
export function newDeployment(
  world: World,
  service: Pick<
    EcsService,
    | "taskDefinition"
    | "launchType"
    | "platformVersion"
    | "platformFamily"
    | "capacityProviderStrategy"
    | "networkConfiguration"
  > & { hidden?: Pick<EcsService["hidden"], "connected"> },
): EcsDeployment {
  const id = `ecs-svc/${randomInt(1e9, 1e10 - 1)}${randomInt(1e8, 1e9 - 1)}`;
  const { taskDefinition, launchType, platformVersion, platformFamily } = service;
  const { capacityProviderStrategy, networkConfiguration } = service;
  return {
    id,
    status: "PRIMARY",
    taskDefinition,
    createdAt: world.now(),
    updatedAt: world.now(),
    failedTasks: 0,
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    ...(launchType && { launchType }),
    ...(platformVersion !== undefined && { platformVersion, platformFamily }),
    ...(capacityProviderStrategy && { capacityProviderStrategy }),
    ...(networkConfiguration && { networkConfiguration }),
    ...(service.hidden?.connected && { serviceConnectConfiguration: service.hidden.connected.configuration }),
  };
}

/** A service with a new primary deployment; what was primary is taken over step by step. */
export function redeployed(world: World, service: EcsService): EcsService {
  const former = service.deployments.map((one) => ({ ...one, status: "ACTIVE", updatedAt: world.now() }));
  const { retryAt: _over, ...hidden } = service.hidden;
  return {
    ...service,
    deployments: [newDeployment(world, service), ...former],
    hidden: { ...hidden, failures: 0 },
  };
}

/** Tasks of a service that have not stopped. */
export function tasksOf({ ecs }: Region, { serviceArn }: EcsService): EcsTask[] {
  return ecs.tasks.filter(({ hidden, lastStatus }) => hidden.serviceArn === serviceArn && lastStatus !== "STOPPED");
}

/** Adds an event that ECS tells to a draft of a service, newest first. */
export function addEvent(draft: EcsService, createdAt: Date, message: string): void {
  addMessage(draft, createdAt, `(service ${draft.serviceName}) ${message}`);
}

/** Adds an event that another one tells. */
export function addMessage(draft: EcsService, createdAt: Date, message: string): void {
  draft.events = [{ id: randomUUID(), createdAt, message }, ...draft.events].slice(0, MOST_EVENTS);
}

/** An id as tasks and container instances have them: 32 hexadecimal digits. */
export function newTaskId(): string {
  return randomUUID().replaceAll("-", "");
}
