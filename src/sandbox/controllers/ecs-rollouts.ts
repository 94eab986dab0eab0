import { addEvent } from "../world/ecs/deployments.ts";
import { breakerThreshold, newestDeployment, revisionOf } from "../world/ecs/service-deployments.ts";
import type { EcsService, ServiceDeployment, ServiceRevision } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

const BREAKER = "ECS deployment circuit breaker:";

/** Why the primary deployment of a service has to be given up; undefined: it has not. */
export function whyGivenUp(region: Region, service: EcsService): string | undefined {
  const [primary] = service.deployments;
  if (primary?.rolloutState !== "IN_PROGRESS") return undefined;
  if (newestDeployment(region, service)?.status === "ROLLBACK_REQUESTED") return "Service deployment was stopped.";
  const threshold = breakerThreshold(service);
  return threshold !== undefined && primary.failedTasks >= threshold ? `${BREAKER} tasks failed to start.` : undefined;
}

/**
 * Gives up the primary deployment: the last one that was completed takes over again, if that is wanted and there is one;
 * otherwise no more tasks are started ("How the deployment circuit breaker detects failures").
 */
export function giveUp(world: World, region: Region, service: EcsService, why: string): void {
  const isStopped = !why.startsWith(BREAKER);
  const isWanted = isStopped || service.deploymentConfiguration.deploymentCircuitBreaker?.rollback === true;
  const [failed, ...others] = service.deployments;
  const former = others.find(({ rolloutState }) => rolloutState === "COMPLETED");
  const revision = isWanted ? revisionOf(region, former?.id) : undefined;
  if (!failed) return;
  region.ecs.services.update(service.serviceArn, (draft) => {
    const given = { ...failed, rolloutState: "FAILED" as const, rolloutStateReason: why, updatedAt: world.now() };
    draft.deployments = [given, ...others];
    if (!isStopped) addEvent(draft, world.now(), `(deployment ${failed.id}) deployment failed: tasks failed to start.`);
    if (!revision || !former) return;
    addEvent(draft, world.now(), `rolling back to deployment ${former.id}.`);
    const primary = {
      ...former,
      status: "PRIMARY",
      rolloutState: "IN_PROGRESS" as const,
      rolloutStateReason: `${BREAKER} rolling back to deploymentId ${former.id}.`,
      failedTasks: 0,
      updatedAt: world.now(),
    };
    draft.deployments = [primary, { ...given, status: "ACTIVE" }, ...others.filter((one) => one !== former)];
    draft.taskDefinition = revision.taskDefinition;
    draft.loadBalancers = revision.loadBalancers;
    if (revision.networkConfiguration) draft.networkConfiguration = revision.networkConfiguration;
    if (revision.capacityProviderStrategy) draft.capacityProviderStrategy = revision.capacityProviderStrategy;
    connectAsIn(draft, revision);
    draft.hidden.failures = 0;
    delete draft.hidden.retryAt;
  });
  const rollback = revision && {
    reason: isStopped ? "Service deployment rollback was requested." : why,
    startedAt: world.now(),
    serviceRevisionArn: revision.serviceRevisionArn,
  };
  const wasRollback = newestDeployment(region, service)?.status.startsWith("ROLLBACK");
  mark(world, region, service, (draft) => {
    draft.statusReason = why;
    if (rollback) Object.assign(draft, { status: "ROLLBACK_IN_PROGRESS", rollback });
    else Object.assign(draft, { status: wasRollback ? "ROLLBACK_FAILED" : "STOPPED", finishedAt: world.now() });
    const threshold = breakerThreshold(service);
    if (threshold === undefined) return;
    const status = isStopped ? "MONITORING_COMPLETE" : "TRIGGERED";
    draft.deploymentCircuitBreaker = { status, failureCount: failed.failedTasks, threshold };
  });
}

function connectAsIn(draft: EcsService, { serviceConnectConfiguration: configuration, hidden }: ServiceRevision): void {
  const { namespaceId } = hidden;
  delete draft.hidden.connected;
  if (configuration && namespaceId !== undefined) draft.hidden.connected = { configuration, namespaceId };
}

/** Takes the service deployments of a service on to the state that its scheduler is in. */
export function advance(world: World, region: Region, service: EcsService): void {
  for (const one of region.ecs.serviceDeployments.filter(({ serviceArn }) => serviceArn === service.serviceArn)) {
    const now = world.now();
    if (one.status === "STOP_REQUESTED") {
      region.ecs.serviceDeployments.put({ ...one, status: "STOPPED", stoppedAt: now, finishedAt: now, updatedAt: now });
    } else if (one.status === "PENDING") {
      region.ecs.serviceDeployments.put({ ...one, status: "IN_PROGRESS", startedAt: now, updatedAt: now });
    }
  }
}

/** Writes down that a service runs what its newest deployment, or the rollback of that, wanted. */
export function complete(world: World, region: Region, service: EcsService): void {
  const present = newestDeployment(region, service)?.status;
  const isRollback = present === "ROLLBACK_IN_PROGRESS";
  if (!isRollback && present !== "IN_PROGRESS") return;
  mark(world, region, service, (draft) => {
    draft.status = isRollback ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL";
    draft.finishedAt = world.now();
  });
}

function mark(world: World, region: Region, service: EcsService, change: (draft: ServiceDeployment) => void): void {
  const { serviceDeploymentArn = "" } = newestDeployment(region, service) ?? {};
  region.ecs.serviceDeployments.update(serviceDeploymentArn, (draft) => {
    change(draft);
    draft.updatedAt = world.now();
  });
}
