import type {
  AvailabilityZoneRebalancing,
  CreateServiceCommandInput,
  NetworkConfiguration,
  PlacementConstraintType,
  PlacementStrategyType,
  PropagateTags,
} from "@aws-sdk/client-ecs";
import { type Fields, listed } from "../../engine/change.ts";
import { type ServiceConnect, toAwsConnect } from "./service-connect.ts";
import { type StrategyItem, toAwsStrategy } from "./strategy.ts";

/** A container's port as a load balancer's target. */
export interface LoadBalancerTarget {
  /** ARN of the target group, which a listener must forward to already. */
  readonly targetGroup: string;
  /** Name of the container. */
  readonly container: string;
  /** The container's own port. */
  readonly port: number;
}

/** The network of tasks that have an interface each. */
export interface TaskNetwork {
  /** Ids, of one VPC. */
  readonly subnets: readonly string[];
  /** Ids. */
  readonly securityGroups: readonly string[];
  /** Whether they have public addresses, which is how they reach the internet without a NAT gateway. */
  readonly publicAddresses: boolean;
}

/** What of a service can be set, and changed at any time. */
export interface ServiceSettings {
  /** ARN of a revision. */
  readonly taskDefinition: string;
  readonly desiredCount: number;
  /** What the tasks run on, unless that is Fargate: then empty. */
  readonly capacityProviderStrategy: readonly StrategyItem[];
  /** Where tasks on Fargate are; absent: they are not on Fargate. A service cannot go from one to the other. */
  readonly fargate?: TaskNetwork | undefined;
  /** Whether commands can be run in its containers (ECS Exec). Absent: as it is, which is not for a new one. */
  readonly executeCommand?: boolean | undefined;
  readonly deployment: {
    /** How many of the tasks must be healthy, and how many may run, while they are replaced; per cent of the desired ones. */
    readonly minimumHealthyPercent: number;
    readonly maximumPercent: number;
    /**
     * Whether ECS gives up a deployment whose tasks fail again and again, and goes back to the last that was completed (circuit
     * breaker). `stay`: it only gives up; `off`: it tries for ever, which is AWS's default.
     */
    readonly whenFailing: "rollback" | "stay" | "off";
  };
  /** ECS refuses `ENABLED` beside a maximum of 100 per cent, and takes it for granted where nothing is said. */
  readonly availabilityZoneRebalancing: AvailabilityZoneRebalancing;
  readonly loadBalancers: readonly LoadBalancerTarget[];
  readonly placementConstraints: readonly { readonly type: PlacementConstraintType; readonly expression?: string }[];
  readonly placementStrategy: readonly { readonly type: PlacementStrategyType; readonly field?: string }[];
  /** Seconds after its start in which a task is not stopped for bad health checks; 0 without a load balancer. */
  readonly healthCheckGracePeriod: number;
  /** Where its tasks have their tags from. */
  readonly propagateTags: PropagateTags;
  /** Absent: as it is, which is not at all for a new one. */
  readonly serviceConnect?: ServiceConnect | undefined;
}

/** Settings as CreateService and UpdateService take them. */
export function toAws(settings: ServiceSettings) {
  const { taskDefinition, desiredCount, capacityProviderStrategy, fargate, deployment, loadBalancers } = settings;
  return {
    taskDefinition,
    desiredCount,
    ...(fargate
      ? { launchType: "FARGATE" as const, networkConfiguration: toAwsNetwork(fargate) }
      : { capacityProviderStrategy: toAwsStrategy(capacityProviderStrategy) }),
    deploymentConfiguration: {
      minimumHealthyPercent: deployment.minimumHealthyPercent,
      maximumPercent: deployment.maximumPercent,
      deploymentCircuitBreaker: {
        enable: deployment.whenFailing !== "off",
        rollback: deployment.whenFailing === "rollback",
      },
    },
    availabilityZoneRebalancing: settings.availabilityZoneRebalancing,
    loadBalancers: loadBalancers.map(({ targetGroup, container, port }) => ({
      targetGroupArn: targetGroup,
      containerName: container,
      containerPort: port,
    })),
    placementConstraints: settings.placementConstraints.map((one) => ({ ...one })),
    placementStrategy: settings.placementStrategy.map((one) => ({ ...one })),
    healthCheckGracePeriodSeconds: settings.healthCheckGracePeriod,
    propagateTags: settings.propagateTags,
    ...(settings.executeCommand !== undefined && { enableExecuteCommand: settings.executeCommand }),
    ...(settings.serviceConnect && { serviceConnectConfiguration: toAwsConnect(settings.serviceConnect) }),
  } satisfies Partial<CreateServiceCommandInput>;
}

function toAwsNetwork({ subnets, securityGroups, publicAddresses }: TaskNetwork): NetworkConfiguration {
  return {
    awsvpcConfiguration: {
      subnets: [...subnets],
      securityGroups: [...securityGroups],
      assignPublicIp: publicAddresses ? "ENABLED" : "DISABLED",
    },
  };
}

/** A network as ECS gives it; undefined: there is none. */
export function fromAwsNetwork({ awsvpcConfiguration: network }: NetworkConfiguration = {}): TaskNetwork | undefined {
  return (
    network && {
      subnets: network.subnets ?? [],
      securityGroups: network.securityGroups ?? [],
      publicAddresses: network.assignPublicIp === "ENABLED",
    }
  );
}

/** In words, by field; their order says nothing. Of no network it is nothing. */
export function networkFields(network: TaskNetwork | undefined): Fields {
  if (!network) return {};
  return {
    "networkConfiguration.subnets": listed(network.subnets),
    "networkConfiguration.securityGroups": listed(network.securityGroups),
    "networkConfiguration.assignPublicIp": network.publicAddresses ? "ENABLED" : "DISABLED",
  };
}

/** In words; their order says nothing. */
export function describeLoadBalancers(targets: readonly LoadBalancerTarget[]): string {
  return listed(targets.map(({ targetGroup, container, port }) => `${container}:${port} in ${nameOf(targetGroup)}`));
}

/** `targetgroup/NAME/ID` of the ARN. */
function nameOf(targetGroup: string): string {
  return targetGroup.slice(targetGroup.lastIndexOf(":") + 1);
}

/** In words. */
export function describePlacement(
  list: readonly { readonly type?: string; readonly expression?: string; readonly field?: string }[],
): string {
  const words = list.map(({ type, expression, field }) => [type, expression ?? field].filter(Boolean).join(" "));
  return words.length === 0 ? "none" : words.join(", ");
}
