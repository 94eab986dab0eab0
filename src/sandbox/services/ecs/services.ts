import type { UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { AwsError } from "../../wire/service.ts";
import { redeployed, tasksOf } from "../../world/ecs/deployments.ts";
import { nameIn } from "../../world/ecs/names.ts";
import { recordDeployment } from "../../world/ecs/service-deployments.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { Cluster, EcsService, TaskDefinition } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { created, requestHash } from "./create-service.ts";
import { arnOf, clusterOf, type EcsOperations, findService, findTaskDefinition, invalid, paged } from "./operation.ts";
import { checkConstraints, checkStrategy } from "./placement.ts";
import {
  checkConfiguration,
  checkExec,
  checkGracePeriod,
  checkLoadBalancers,
  checkNetwork,
  type Setting,
  strategyOf,
  taskDefinitionOf,
} from "./service-checks.ts";
import { connectedBy } from "./service-connect.ts";
import { serviceShape } from "./service-shape.ts";

const MOST_NAMES = 10;

/** Services that keep a number of tasks running. */
export function serviceOperations(world: World): EcsOperations {
  return {
    CreateService: {
      accepts: [
        "cluster",
        "serviceName",
        "taskDefinition",
        "availabilityZoneRebalancing",
        "loadBalancers",
        "desiredCount",
        "clientToken",
        "launchType",
        "platformVersion",
        "capacityProviderStrategy",
        "deploymentConfiguration",
        "placementConstraints",
        "placementStrategy",
        "networkConfiguration",
        "healthCheckGracePeriodSeconds",
        "schedulingStrategy",
        "deploymentController",
        "tags",
        "enableECSManagedTags",
        "propagateTags",
        "enableExecuteCommand",
        "serviceConnectConfiguration",
      ],
      handle(input, { account, region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        const present = findService(region, cluster, input.serviceName ?? "");
        if (present && present.status !== "INACTIVE") {
          return { service: serviceShape(region, repeated(present, input), true) };
        }
        const service = created(world, region, cluster, input);
        ensureLinkedRole(world, "ecs.amazonaws.com");
        const serviceArn = arnOf(region, account, `service/${cluster.clusterName}/${service.serviceName}`);
        const made = recordDeployment(world, region, region.ecs.services.put({ ...service, serviceArn }));
        return { service: serviceShape(region, made, true) };
      },
    },

    DescribeServices: {
      accepts: ["cluster", "services", "include"],
      handle({ cluster: asked, services = [], include = [] }, { account, region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, asked);
        if (services.length === 0) throw invalid("Services cannot be empty.");
        if (services.length > MOST_NAMES) throw invalid(`At most ${MOST_NAMES} services can be described at once.`);
        const found = services.map((one) => ({ one, service: findService(region, cluster, one) }));
        return {
          services: found.flatMap(({ service }) =>
            service ? serviceShape(region, service, include.includes("TAGS")) : [],
          ),
          failures: found.flatMap(({ one, service }) =>
            service
              ? []
              : // Without the cluster's name, whatever the form of ARNs is (aws-actions/amazon-ecs-deploy-task-definition#312).
                { arn: arnOf(region, account, `service/${nameIn(one)}`), reason: "MISSING" },
          ),
        };
      },
    },

    ListServices: {
      accepts: ["cluster", "launchType", "schedulingStrategy", "nextToken", "maxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { clusterArn } = clusterOf(region, input.cluster);
        const found = region.ecs.services.filter(
          (one) =>
            one.clusterArn === clusterArn &&
            one.status !== "INACTIVE" &&
            [undefined, one.launchType].includes(input.launchType) &&
            [undefined, one.schedulingStrategy].includes(input.schedulingStrategy),
        );
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { serviceArns: items.map(({ serviceArn }) => serviceArn), ...rest };
      },
    },

    UpdateService: {
      accepts: [
        "cluster",
        "service",
        "desiredCount",
        "taskDefinition",
        "capacityProviderStrategy",
        "deploymentConfiguration",
        "availabilityZoneRebalancing",
        "networkConfiguration",
        "platformVersion",
        "placementConstraints",
        "placementStrategy",
        "forceNewDeployment",
        "healthCheckGracePeriodSeconds",
        "enableExecuteCommand",
        "enableECSManagedTags",
        "loadBalancers",
        "propagateTags",
        "serviceConnectConfiguration",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        const service = findService(region, cluster, input.service ?? "");
        if (!service) throw new AwsError("ServiceNotFoundException", "Service not found.");
        if (service.status !== "ACTIVE") throw new AwsError("ServiceNotActiveException", "Service was not ACTIVE.");
        const changed = updated(region, cluster, service, input);
        const isNew = isRedeployment(service, changed, input);
        const put = region.ecs.services.put(isNew ? redeployed(world, changed) : changed);
        const next = isNew ? recordDeployment(world, region, put) : put;
        return { service: serviceShape(region, next, true) };
      },
    },

    DeleteService: {
      accepts: ["cluster", "service", "force"],
      handle({ cluster: asked, service: name = "", force = false }, { region: regionName }) {
        const region = world.region(regionName);
        const service = findService(region, clusterOf(region, asked), name);
        if (!service) throw new AwsError("ServiceNotFoundException", "Service not found.");
        if (service.status !== "ACTIVE") return { service: serviceShape(region, service, true) };
        if (!force && service.desiredCount > 0) {
          throw invalid("The service cannot be stopped while it is scaled above 0.");
        }
        if (!force && tasksOf(region, service).length > 0) {
          throw invalid("The service cannot be stopped while deployments are active.");
        }
        const deleted = region.ecs.services.put({ ...service, status: "DRAINING", desiredCount: 0 });
        return { service: serviceShape(region, deleted, true) };
      },
    },
  };
}

/** The service that this very request has made before. @throws AwsError if it is another request */
function repeated(present: EcsService, input: Parameters<typeof requestHash>[0]): EcsService {
  const { clientToken, request } = present.hidden;
  if (
    present.status === "ACTIVE" &&
    clientToken &&
    clientToken === input.clientToken &&
    request === requestHash(input)
  ) {
    return present;
  }
  if (present.status === "DRAINING") throw invalid("Unable to Start a service that is still Draining.");
  throw invalid("Creation of service was not idempotent.");
}

/** A service with the changes of a request; what a request leaves out stays (UpdateService). */
function updated(region: Region, cluster: Cluster, service: EcsService, input: UpdateServiceCommandInput): EcsService {
  const definition =
    input.taskDefinition === undefined
      ? findTaskDefinition(region, service.taskDefinition)
      : taskDefinitionOf(region, input.taskDefinition);
  const { launchType: _former, ...withoutLaunchType } = service;
  const strategy = input.capacityProviderStrategy;
  const changed: EcsService = {
    ...(strategy && strategy.length > 0 ? withoutLaunchType : service),
    ...(strategy && { capacityProviderStrategy: strategyOf(cluster, strategy) }),
    ...(definition && { taskDefinition: definition.taskDefinitionArn }),
    ...(input.desiredCount !== undefined && { desiredCount: input.desiredCount }),
    ...(input.availabilityZoneRebalancing && { availabilityZoneRebalancing: input.availabilityZoneRebalancing }),
    ...(input.deploymentConfiguration && {
      deploymentConfiguration: { ...service.deploymentConfiguration, ...input.deploymentConfiguration },
    }),
    ...(input.placementConstraints && { placementConstraints: input.placementConstraints }),
    ...(input.placementStrategy && { placementStrategy: input.placementStrategy }),
    ...(input.loadBalancers && { loadBalancers: input.loadBalancers }),
    ...(input.networkConfiguration && { networkConfiguration: input.networkConfiguration }),
    ...(input.healthCheckGracePeriodSeconds !== undefined && {
      healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds,
    }),
    ...(input.enableECSManagedTags !== undefined && { enableECSManagedTags: input.enableECSManagedTags }),
    ...(input.enableExecuteCommand !== undefined && { enableExecuteCommand: input.enableExecuteCommand }),
    ...(input.propagateTags && { propagateTags: input.propagateTags }),
  };
  const setting: Setting = changed;
  checkConfiguration(setting);
  checkGracePeriod(setting);
  checkConstraints(changed.placementConstraints);
  checkStrategy(changed.placementStrategy);
  if (definition) checkExec(changed.enableExecuteCommand ?? false, definition, "updated");
  if (definition && (input.loadBalancers || input.taskDefinition || input.networkConfiguration)) {
    checkLoadBalancers(region, changed.loadBalancers, definition);
    checkNetwork(region, { ...changed, platformVersion: input.platformVersion }, definition);
  }
  return definition ? reconnected(region, cluster, changed, definition, input) : changed;
}

/** What a service connects by is checked against its task definition again, whichever of the two has changed. */
function reconnected(
  region: Region,
  cluster: Cluster,
  service: EcsService,
  definition: TaskDefinition,
  input: UpdateServiceCommandInput,
): EcsService {
  const { connected: former, ...hidden } = service.hidden;
  const asked = input.serviceConnectConfiguration ?? former?.configuration;
  const connected = asked && connectedBy(region, cluster, service, definition, asked);
  return { ...service, hidden: { ...hidden, ...(connected && { connected }) } };
}

/** Whether tasks have to be replaced (UpdateService, "triggers a new service deployment"). */
function isRedeployment(former: EcsService, changed: EcsService, input: UpdateServiceCommandInput): boolean {
  const tasksOfIt = (service: EcsService) => {
    const { taskDefinition, loadBalancers, networkConfiguration, capacityProviderStrategy, hidden } = service;
    return JSON.stringify([
      taskDefinition,
      loadBalancers,
      networkConfiguration,
      capacityProviderStrategy,
      hidden.connected?.configuration,
    ]);
  };
  return input.forceNewDeployment === true || tasksOfIt(former) !== tasksOfIt(changed);
}
