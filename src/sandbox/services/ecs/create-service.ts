import { createHash } from "node:crypto";
import type { CreateServiceCommandInput } from "@aws-sdk/client-ecs";
import { notEmulated } from "../../wire/service.ts";
import { newDeployment } from "../../world/ecs/deployments.ts";
import { PLATFORM } from "../../world/ecs/fargate.ts";
import type { Cluster, EcsService } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkName, invalid, mergedTags } from "./operation.ts";
import { checkConstraints, checkStrategy } from "./placement.ts";
import {
  checkConfiguration,
  checkExec,
  checkGracePeriod,
  checkLoadBalancers,
  checkNetwork,
  strategyOf,
  taskDefinitionOf,
} from "./service-checks.ts";
import { connectedBy } from "./service-connect.ts";

/** The service that a request asks for. @throws AwsError if it is refused */
export function created(
  world: World,
  region: Region,
  cluster: Cluster,
  input: CreateServiceCommandInput,
): Omit<EcsService, "serviceArn"> {
  const { serviceName = "", desiredCount } = input;
  checkName("The service name", serviceName);
  const definition = taskDefinitionOf(region, input.taskDefinition);
  if (input.schedulingStrategy === "DAEMON") throw notEmulated("services of the scheduling strategy DAEMON");
  if (input.deploymentController && input.deploymentController.type !== "ECS") {
    throw notEmulated(`the deployment controller ${input.deploymentController.type}`);
  }
  if (desiredCount === undefined) throw invalid("The desired count must be specified for a REPLICA service.");
  if (desiredCount < 0) throw invalid("The desired count must not be negative.");
  const service = {
    serviceName,
    clusterArn: cluster.clusterArn,
    status: "ACTIVE",
    desiredCount,
    taskDefinition: definition.taskDefinitionArn,
    loadBalancers: input.loadBalancers ?? [],
    serviceRegistries: [],
    ...launchOf(cluster, input),
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      strategy: "ROLLING",
      ...input.deploymentConfiguration,
    },
    deploymentController: { type: "ECS" },
    // Since 2025 a service that says nothing has it (CreateService, availabilityZoneRebalancing).
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? "ENABLED",
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    schedulingStrategy: "REPLICA",
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    ...(input.networkConfiguration && { networkConfiguration: input.networkConfiguration }),
    roleArn: `arn:aws:iam::${world.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    createdBy: `arn:aws:iam::${world.account}:user/sandbox`,
    createdAt: world.now(),
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    propagateTags: input.propagateTags ?? "NONE",
    events: [],
    tags: mergedTags([], input.tags),
  } satisfies Partial<EcsService>;
  checkConfiguration(service);
  checkGracePeriod(service);
  checkConstraints(service.placementConstraints);
  checkStrategy(service.placementStrategy);
  checkLoadBalancers(region, service.loadBalancers, definition);
  checkNetwork(region, input, definition);
  checkExec(service.enableExecuteCommand, definition, "created");
  const asked = input.serviceConnectConfiguration;
  const connected = asked && connectedBy(region, cluster, service, definition, asked);
  const connecting = connected ? { connected } : {};
  return {
    ...service,
    deployments: [newDeployment(world, { ...service, hidden: connecting })],
    hidden: {
      ...connecting,
      request: requestHash(input),
      failures: 0,
      ...(input.clientToken !== undefined && { clientToken: input.clientToken }),
    },
  };
}

/** Identifies what a request asks for, so that one that repeats it is told from another. */
export function requestHash(input: CreateServiceCommandInput): string {
  return createHash("sha256").update(JSON.stringify(input)).digest("hex");
}

/** What the tasks run on: providers as asked for, or those of the cluster, or EC2. @throws AwsError for both */
function launchOf(
  cluster: Cluster,
  { launchType, capacityProviderStrategy: asked = [] }: CreateServiceCommandInput,
): Pick<EcsService, "launchType" | "capacityProviderStrategy" | "platformVersion" | "platformFamily"> {
  if (launchType && asked.length > 0) {
    throw invalid(
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    );
  }
  if (launchType === "EXTERNAL") throw notEmulated("tasks on EXTERNAL");
  if (launchType === "FARGATE") return { launchType, ...PLATFORM };
  if (launchType) return { launchType };
  const strategy = strategyOf(cluster, asked.length > 0 ? asked : cluster.defaultCapacityProviderStrategy);
  return strategy.length > 0 ? { capacityProviderStrategy: strategy } : { launchType: "EC2" };
}
