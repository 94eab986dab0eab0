import type * as ecs from "@aws-sdk/client-ecs";
import type { Target } from "./elbv2.ts";
import type { Known } from "./known.ts";

/** What somebody has made the account's default. */
export type AccountSetting = Known<ecs.Setting, "name" | "value">;

/** Counts are left out: they follow from services, tasks and container instances. */
export type Cluster = Known<
  ecs.Cluster,
  | "clusterArn"
  | "clusterName"
  | "status"
  | "settings"
  | "capacityProviders"
  | "defaultCapacityProviderStrategy"
  | "attachmentsStatus"
  | "tags"
>;

/** Of an account's own; FARGATE and FARGATE_SPOT are no records. */
export type CapacityProvider = Known<
  ecs.CapacityProvider,
  "capacityProviderArn" | "name" | "status" | "updateStatus" | "autoScalingGroupProvider" | "tags"
> & {
  hidden: {
    /** When the group was first larger than what its tasks need; absent: it is not. */
    idleSince?: Date;
  };
};

/** Remaining resources and counts are left out: they follow from the tasks. */
export type ContainerInstance = Known<
  ecs.ContainerInstance,
  | "containerInstanceArn"
  | "ec2InstanceId"
  | "status"
  | "agentConnected"
  | "registeredResources"
  | "attributes"
  | "registeredAt"
  | "tags"
  | "version"
> & { hidden: { clusterArn: string } };

/** Highest revision of a task definition family so far; it never goes back. */
export interface TaskDefinitionFamily {
  family: string;
  revision: number;
}

/** One revision. */
export type TaskDefinition = Known<
  ecs.TaskDefinition,
  | "taskDefinitionArn"
  | "family"
  | "revision"
  | "status"
  | "containerDefinitions"
  | "networkMode"
  | "placementConstraints"
> & { hidden: { tags: ecs.Tag[] } };

/** What a service changes over to, or from. Counts are left out: they follow from the tasks. */
export type EcsDeployment = Known<
  ecs.Deployment,
  "id" | "status" | "taskDefinition" | "createdAt" | "updatedAt" | "failedTasks" | "rolloutState" | "rolloutStateReason"
>;

/** What a service was when one of its deployments began. */
export type ServiceRevision = Known<
  ecs.ServiceRevision,
  | "serviceRevisionArn"
  | "serviceArn"
  | "clusterArn"
  | "taskDefinition"
  | "loadBalancers"
  | "containerImages"
  | "createdAt"
> & {
  hidden: {
    deploymentId: string;
    /** Of Service Connect: what its tasks know for good, whatever there is later. Absent: it is without. */
    endpoints?: ConnectEndpoint[];
    /** Id of its namespace. */
    namespaceId?: string;
  };
};

/** What clients of Service Connect call a service, in a namespace. */
export interface ConnectEndpoint {
  /** Id of the service in Cloud Map. */
  discoveryId: string;
  discoveryName: string;
  host: string;
  port: number;
}

/** How a service takes part in Service Connect. */
export interface Connected {
  /** As it was asked for, with the namespace that was meant. */
  configuration: ecs.ServiceConnectConfiguration;
  /** Id of the namespace in Cloud Map. */
  namespaceId: string;
}

/** Counts are left out, and the circuit breaker until the deployment is given up: they follow from the tasks and the service. */
export type ServiceDeployment = Known<
  ecs.ServiceDeployment,
  | "serviceDeploymentArn"
  | "serviceArn"
  | "clusterArn"
  | "createdAt"
  | "updatedAt"
  | "sourceServiceRevisions"
  | "targetServiceRevision"
  | "status"
  | "deploymentConfiguration"
>;

/** Counts are left out: they follow from the tasks. */
export type EcsService = Known<
  Omit<ecs.Service, "deployments">,
  | "serviceArn"
  | "serviceName"
  | "clusterArn"
  | "status"
  | "desiredCount"
  | "taskDefinition"
  | "loadBalancers"
  | "deploymentConfiguration"
  | "placementConstraints"
  | "placementStrategy"
  | "events"
  | "createdAt"
  | "tags"
> & {
  /** The primary one first. */
  deployments: EcsDeployment[];
  hidden: {
    /** The request that made it, for those that repeat it. */
    clientToken?: string;
    /** Hash of the request's parameters. */
    request: string;
    /** After tasks failed to start: not before this time again. */
    retryAt?: Date;
    /** Tasks that failed to start one after the other. */
    failures: number;
    /** Absent: it is without Service Connect. */
    connected?: Connected;
  };
};

/** A task, from its being placed until some time after its end. */
export type EcsTask = Known<
  ecs.Task,
  | "taskArn"
  | "clusterArn"
  | "taskDefinitionArn"
  | "containers"
  | "lastStatus"
  | "desiredStatus"
  | "group"
  | "cpu"
  | "memory"
  | "createdAt"
  | "tags"
  | "version"
> & {
  hidden: {
    /** ARN of the service that started it; absent: RunTask did. */
    serviceArn?: string;
    /** Of the call of RunTask that started it, for those that repeat it. */
    clientToken?: string;
    /** By what its containers, and nobody else, ask for the credentials of its role; absent: it has none. */
    credentialsId?: string;
    /** What it is registered as while it runs. */
    targets: Pick<Target, "TargetGroupArn" | "Id" | "Port">[];
    /** Of a task on Fargate: where its network interface is to be. */
    network?: { readonly subnetId: string; readonly groups: readonly string[]; readonly isPublic: boolean };
    /** Of a task on Fargate: whose targets it becomes when it has an address. */
    loadBalancers?: ecs.LoadBalancer[];
    /** What its service serves by Service Connect; empty: it is a client only. Absent: it is without. */
    connects?: ecs.ServiceConnectService[];
  };
};
