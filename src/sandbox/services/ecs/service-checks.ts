import type {
  AwsVpcConfiguration,
  CapacityProviderStrategyItem,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
} from "@aws-sdk/client-ecs";
import { notEmulated } from "../../wire/service.ts";
import { PLATFORM } from "../../world/ecs/fargate.ts";
import type { Cluster, EcsService, TaskDefinition } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { clientError, findTaskDefinition, invalid } from "./operation.ts";
import { checkedStrategy, FARGATE_PROVIDERS } from "./strategy.ts";

/** What of a service is checked as a whole, after a create or an update. */
export type Setting = Pick<
  EcsService,
  "deploymentConfiguration" | "availabilityZoneRebalancing" | "loadBalancers" | "healthCheckGracePeriodSeconds"
>;

/** An active task definition. @throws AwsError */
export function taskDefinitionOf(region: Region, asked: string | undefined): TaskDefinition {
  const definition = findTaskDefinition(region, asked ?? "");
  if (!definition) throw clientError("TaskDefinition not found.");
  if (definition.status !== "ACTIVE") throw clientError("TaskDefinition is inactive");
  return definition;
}

/** @throws AwsError for percentages that ECS refuses, alone or beside the rebalancing of zones */
export function checkConfiguration({ deploymentConfiguration, availabilityZoneRebalancing }: Setting): void {
  const { minimumHealthyPercent = 100, maximumPercent = 200, ...rest } = deploymentConfiguration;
  if (maximumPercent < 100 || maximumPercent > 200) {
    throw invalid("The maximumPercent of a deployment configuration must be between 100 and 200.");
  }
  if (minimumHealthyPercent < 0 || minimumHealthyPercent > 100) {
    throw invalid("The minimumHealthyPercent of a deployment configuration must be between 0 and 100.");
  }
  if (minimumHealthyPercent === 100 && maximumPercent === 100) {
    throw invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.");
  }
  if (availabilityZoneRebalancing === "ENABLED" && maximumPercent <= 100) {
    throw invalid("Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration");
  }
  const { type, value = 50 } = rest.deploymentCircuitBreaker?.thresholdConfiguration ?? {};
  if (value < 1 || (type !== "COUNT" && value > 100)) {
    throw invalid(`The value ${value} of the threshold of a deployment circuit breaker is invalid.`);
  }
  if (rest.alarms?.enable) throw notEmulated("alarms of deployments");
  if (rest.strategy !== undefined && rest.strategy !== "ROLLING") {
    throw notEmulated(`deployments of the strategy ${rest.strategy}`);
  }
}

/** @throws AwsError for a grace period without anything whose checks it would be about */
export function checkGracePeriod({ healthCheckGracePeriodSeconds: seconds, loadBalancers }: Setting): void {
  if (seconds === undefined || seconds === 0 || loadBalancers.length > 0) return;
  throw invalid("Health check grace period is only valid for services configured to use load balancers");
}

/** The provider strategy of a service in its cluster. @throws AwsError */
export function strategyOf(
  cluster: Cluster,
  asked: readonly CapacityProviderStrategyItem[],
): CapacityProviderStrategyItem[] {
  const strategy = checkedStrategy(cluster.capacityProviders, asked);
  if (strategy.some(({ capacityProvider = "" }) => FARGATE_PROVIDERS.includes(capacityProvider))) {
    throw notEmulated("tasks on Fargate");
  }
  return strategy;
}

/** @throws AwsError for targets that cannot be those of the task's containers */
export function checkLoadBalancers(
  region: Region,
  loadBalancers: readonly LoadBalancer[],
  definition: TaskDefinition,
): void {
  for (const loadBalancer of loadBalancers) checkLoadBalancer(region, loadBalancer, definition);
}

function checkLoadBalancer(
  { elbv2 }: Region,
  { targetGroupArn, loadBalancerName, containerName, containerPort, advancedConfiguration }: LoadBalancer,
  { containerDefinitions, networkMode }: TaskDefinition,
): void {
  if (loadBalancerName !== undefined) throw notEmulated("services behind Classic Load Balancers");
  if (advancedConfiguration) throw notEmulated("advanced configurations of load balancers");
  const container = containerDefinitions.find(({ name }) => name === containerName);
  if (!container) throw invalid(`The container ${containerName} does not exist in the task definition.`);
  if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) {
    throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
  }
  const group = elbv2.targetGroups.get(targetGroupArn ?? "");
  if (!group) throw invalid(`The target group ${targetGroupArn} does not exist.`);
  if (networkMode === "awsvpc" && group.TargetType !== "ip") {
    throw invalid(
      `The provided target group ${targetGroupArn} has target type ${group.TargetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
    );
  }
  if (networkMode !== "awsvpc" && group.TargetType !== "instance") {
    throw invalid(
      `The provided target group ${targetGroupArn} has target type ${group.TargetType}, which is incompatible with the ${networkMode} network mode specified in the task definition.`,
    );
  }
  if (group.LoadBalancerArns.length === 0) {
    throw invalid(`The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`);
  }
}

/**
 * Commands in containers need a role of the task.
 *
 * @param done what the request would have done, e.g. `created`
 * @throws AwsError
 */
export function checkExec(isEnabled: boolean, { taskRoleArn }: TaskDefinition, done: "created" | "updated"): void {
  if (!isEnabled || taskRoleArn !== undefined) return;
  throw invalid(
    `The service couldn't be ${done} because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.`,
  );
}

/** What a request says about where tasks run. */
interface Launch {
  readonly launchType?: LaunchType | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
}

/** @throws AwsError for a network, or a launch type, that does not go with the task definition */
export function checkNetwork(
  region: Region,
  { launchType, platformVersion, networkConfiguration }: Launch,
  { networkMode, compatibilities }: TaskDefinition,
): void {
  const network = networkConfiguration?.awsvpcConfiguration;
  if (launchType === "FARGATE" && !compatibilities?.includes("FARGATE")) {
    throw invalid("Task definition does not support launch_type FARGATE.");
  }
  const isAwsvpc = networkMode === "awsvpc";
  if (isAwsvpc && !network)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (!isAwsvpc && network) {
    throw invalid("Network Configuration is not valid for the given networkMode of this task definition.");
  }
  if (isAwsvpc && launchType !== "FARGATE") throw notEmulated("tasks in the network mode awsvpc on instances");
  if (platformVersion !== undefined && !["LATEST", PLATFORM.platformVersion].includes(platformVersion)) {
    throw notEmulated(`the platform version ${platformVersion}`);
  }
  if (network) checkPlaces(region, network);
}

/** @throws AwsError for subnets or groups that there are not, or that are not all of one VPC */
function checkPlaces({ ec2 }: Region, { subnets = [], securityGroups = [] }: AwsVpcConfiguration): void {
  if (subnets.length === 0) throw invalid("subnets can not be empty.");
  if (subnets.length > MOST_SUBNETS) throw invalid(`subnets can have at most ${MOST_SUBNETS} items.`);
  if (securityGroups.length > MOST_GROUPS) throw invalid(`securityGroups can have at most ${MOST_GROUPS} items.`);
  const vpcs = subnets.map((id) => {
    const subnet = ec2.subnets.get(id);
    if (!subnet) {
      throw invalid(`Error retrieving subnet information for [${id}]: The subnet ID '${id}' does not exist`);
    }
    return subnet.VpcId;
  });
  for (const id of securityGroups) {
    const group = ec2.securityGroups.get(id);
    if (!group) {
      throw invalid(
        `Error retrieving security group information for [${id}]: The security group '${id}' does not exist`,
      );
    }
    vpcs.push(group.VpcId);
  }
  if (new Set(vpcs).size > 1) throw invalid("subnets and security groups must belong to the same VPC.");
}

/** (ecs:AwsVpcConfiguration) */
const MOST_SUBNETS = 16;
const MOST_GROUPS = 5;
