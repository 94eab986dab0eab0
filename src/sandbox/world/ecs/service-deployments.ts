import { randomBytes } from "node:crypto";
import type { EcsService, EcsTask, ServiceDeployment, ServiceRevision } from "../records.ts";
import type { Region, World } from "../world.ts";
import { nameIn } from "./names.ts";
import { endpointsIn, publish } from "./service-connect.ts";

/** A deployment that is not over. */
const UNDER_WAY = ["PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"];

/** What a service was when a deployment of it began; absent for deployments of sandboxes that kept none. */
export function revisionOf({ ecs }: Region, deploymentId: string | undefined): ServiceRevision | undefined {
  return ecs.serviceRevisions.find(({ hidden }) => hidden.deploymentId === deploymentId);
}

/** The newest service deployment of a service; absent as with `revisionOf`. */
export function newestDeployment({ ecs }: Region, { serviceArn }: EcsService): ServiceDeployment | undefined {
  return ecs.serviceDeployments.filter((one) => one.serviceArn === serviceArn).at(-1);
}

/**
 * Writes down that a service changes over to its new primary deployment; one that was under way is stopped. What its tasks know of Service
 * Connect is what there is now.
 */
export function recordDeployment(world: World, region: Region, service: EcsService): EcsService {
  const { serviceArn, clusterArn, deployments } = service;
  const { connected } = service.hidden;
  const [primary, ...former] = deployments;
  if (!primary) return service;
  const serviceConnectResources = publish(world, region, service);
  for (const other of region.ecs.serviceDeployments.filter((one) => one.serviceArn === serviceArn)) {
    if (!UNDER_WAY.includes(other.status)) continue;
    region.ecs.serviceDeployments.put({
      ...other,
      status: "STOP_REQUESTED",
      statusReason: "Service deployment stopped because it was superseded by another service deployment.",
      updatedAt: world.now(),
    });
  }
  const arnOf = (sort: string, id: string) => `${serviceArn.replace(":service/", `:${sort}/`)}/${id}`;
  const revision = region.ecs.serviceRevisions.put({
    serviceRevisionArn: arnOf("service-revision", nameIn(primary.id)),
    serviceArn,
    clusterArn,
    taskDefinition: service.taskDefinition,
    ...(service.launchType && { launchType: service.launchType }),
    ...(service.capacityProviderStrategy && { capacityProviderStrategy: service.capacityProviderStrategy }),
    ...(service.networkConfiguration && { networkConfiguration: service.networkConfiguration }),
    loadBalancers: service.loadBalancers,
    containerImages: [],
    guardDutyEnabled: false,
    createdAt: world.now(),
    ...(connected && { serviceConnectConfiguration: connected.configuration }),
    hidden: {
      deploymentId: primary.id,
      ...(connected && {
        namespaceId: connected.namespaceId,
        endpoints: endpointsIn(region, connected.namespaceId).map(({ serviceArn: _, ...endpoint }) => endpoint),
      }),
    },
  });
  region.ecs.serviceDeployments.put({
    serviceDeploymentArn: arnOf("service-deployment", randomBytes(16).toString("base64url").slice(0, 21)),
    serviceArn,
    clusterArn,
    createdAt: world.now(),
    updatedAt: world.now(),
    sourceServiceRevisions: former.flatMap(({ id }) => {
      const source = revisionOf(region, id);
      return source ? { arn: source.serviceRevisionArn } : [];
    }),
    targetServiceRevision: { arn: revision.serviceRevisionArn },
    status: "PENDING",
    deploymentConfiguration: service.deploymentConfiguration,
  });
  if (!connected) return service;
  return region.ecs.services.put({ ...service, deployments: [{ ...primary, serviceConnectResources }, ...former] });
}

/** Forgets the deployments of a service that is gone. */
export function forgetDeployments({ ecs }: Region, { serviceArn }: EcsService): void {
  for (const one of ecs.serviceDeployments.filter((other) => other.serviceArn === serviceArn)) {
    ecs.serviceDeployments.delete(one.serviceDeploymentArn);
  }
  for (const one of ecs.serviceRevisions.filter((other) => other.serviceArn === serviceArn)) {
    ecs.serviceRevisions.delete(one.serviceRevisionArn);
  }
}

/** The digest that a container's image was found to have when the deployment of its task began; undefined: it was not looked for. */
export function resolvedDigest(region: Region, { startedBy }: EcsTask, container: string): string | undefined {
  return revisionOf(region, startedBy)?.containerImages.find(({ containerName }) => containerName === container)
    ?.imageDigest;
}

/** Keeps what was found, for all further tasks of the deployment. */
export function keepDigest(
  region: Region,
  { startedBy }: EcsTask,
  containerName: string,
  image: string,
  imageDigest: string,
): void {
  const revision = revisionOf(region, startedBy);
  if (!revision || revision.containerImages.some((one) => one.containerName === containerName)) return;
  const containerImages = [...revision.containerImages, { containerName, image, imageDigest }];
  region.ecs.serviceRevisions.put({ ...revision, containerImages });
}

/**
 * Failures after which the circuit breaker opens; undefined: it is off ("How the deployment circuit breaker detects
 * failures").
 */
export function breakerThreshold({ deploymentConfiguration, desiredCount }: EcsService): number | undefined {
  const { deploymentCircuitBreaker: breaker } = deploymentConfiguration;
  if (!breaker?.enable) return undefined;
  const { type = "BOUNDED_PERCENT", value = 50 } = breaker.thresholdConfiguration ?? {};
  if (type === "COUNT") return value;
  const share = Math.ceil((value / 100) * desiredCount);
  return type === "UNBOUNDED_PERCENT" ? Math.max(1, share) : Math.max(3, Math.min(200, share));
}
