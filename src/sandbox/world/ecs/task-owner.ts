import type {
  AwsVpcConfiguration,
  CapacityProviderStrategyItem,
  LoadBalancer,
  PlacementConstraint,
  PlacementStrategy,
  ServiceConnectService,
} from "@aws-sdk/client-ecs";
import type { EcsService, EcsTask, TaskDefinition } from "../records.ts";

/** Who wants tasks, and where they may run: a service, or a call of RunTask. */
export interface TaskOwner {
  readonly clusterArn: string;
  /** `service:NAME` or `family:NAME`, or what the caller says. */
  readonly group: string;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  /** Absent: they run on EC2, whichever instance that is. */
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  /** The network of its tasks on Fargate. Absent: they run on container instances. */
  readonly fargate?: AwsVpcConfiguration;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly enableExecuteCommand: boolean;
  readonly startedBy: string | undefined;
  readonly tags: EcsTask["tags"];
  readonly overrides?: EcsTask["overrides"];
  /** Absent: it is no service. */
  readonly serviceArn?: string;
  /** What it serves by Service Connect. Absent: it is without. */
  readonly connects?: readonly ServiceConnectService[];
}

/** A service as the owner of tasks of its primary deployment. */
export function asOwner(service: EcsService, definition: TaskDefinition): TaskOwner {
  const { clusterArn, serviceName, serviceArn, placementConstraints, placementStrategy, loadBalancers } = service;
  const { capacityProviderStrategy, propagateTags, tags, launchType, networkConfiguration } = service;
  const { connected } = service.hidden;
  const network = launchType === "FARGATE" ? networkConfiguration?.awsvpcConfiguration : undefined;
  return {
    clusterArn,
    serviceArn,
    group: `service:${serviceName}`,
    placementConstraints,
    placementStrategy,
    ...(capacityProviderStrategy && { capacityProviderStrategy }),
    ...(network && { fargate: network }),
    ...(connected && { connects: connected.configuration.services ?? [] }),
    loadBalancers,
    enableExecuteCommand: service.enableExecuteCommand ?? false,
    startedBy: service.deployments[0]?.id,
    tags: propagateTags === "TASK_DEFINITION" ? definition.hidden.tags : propagateTags === "SERVICE" ? tags : [],
  };
}
