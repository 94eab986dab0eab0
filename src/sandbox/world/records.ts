import type * as acm from "@aws-sdk/client-acm";
import type * as autoScaling from "@aws-sdk/client-auto-scaling";
import type * as ec2 from "@aws-sdk/client-ec2";
import type * as ecr from "@aws-sdk/client-ecr";
import type * as ecs from "@aws-sdk/client-ecs";
import type * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as iam from "@aws-sdk/client-iam";
import type * as rds from "@aws-sdk/client-rds";
import type * as route53 from "@aws-sdk/client-route-53";
import type * as ssm from "@aws-sdk/client-ssm";

/** A shape of the SDK of which these members are always there. */
type Known<Shape, Members extends keyof Shape> = Omit<Shape, Members> & {
  [Member in Members]-?: NonNullable<Shape[Member]>;
};

/*
 * State in wire shape, so that a handler answers with records as they are. What AWS keeps to itself is in `hidden`, which
 * no schema knows and so no answer carries.
 */

export type Vpc = Known<ec2.Vpc, "VpcId" | "CidrBlock" | "IsDefault" | "Tags">;
export type Subnet = Known<
  ec2.Subnet,
  "SubnetId" | "VpcId" | "CidrBlock" | "AvailabilityZone" | "DefaultForAz" | "Tags"
>;

/** Without its rules: they are records of their own. */
export type SecurityGroup = Known<ec2.SecurityGroup, "GroupId" | "GroupName" | "Description" | "VpcId" | "Tags"> & {
  /** When other operations than the describing ones know it. */
  hidden: { visibleAt: Date };
};

export type SecurityGroupRule = Known<
  ec2.SecurityGroupRule,
  "SecurityGroupRuleId" | "GroupId" | "IsEgress" | "IpProtocol" | "Tags"
>;

/** Without interfaces, groups and volumes: they are records of their own. */
export type Instance = Known<
  ec2.Instance,
  "InstanceId" | "ImageId" | "InstanceType" | "State" | "Placement" | "LaunchTime" | "Tags" | "RootDeviceName"
> & {
  hidden: {
    reservationId: string;
    /** When DescribeInstances knows it. */
    visibleAt: Date;
    /** Base64, as given. */
    userData?: string;
    /** Whether the user data has run; only the first boot runs it. */
    userDataState: "waiting" | "done";
    /** When it last became running. */
    bootedAt?: Date;
    terminatedAt?: Date;
    disableApiTermination: boolean;
    shutdownBehavior: ec2.ShutdownBehavior;
  };
};

export type Volume = Known<
  ec2.Volume,
  "VolumeId" | "Size" | "VolumeType" | "AvailabilityZone" | "State" | "Attachments" | "Tags"
>;
export type VolumeModification = Known<ec2.VolumeModification, "VolumeId" | "ModificationState" | "StartTime">;
export type NetworkInterface = Known<
  ec2.NetworkInterface,
  "NetworkInterfaceId" | "VpcId" | "SubnetId" | "PrivateIpAddress" | "Groups" | "TagSet" | "Status"
> & {
  hidden: {
    /** It gets a public address whenever its instance starts. */
    wantsPublicAddress: boolean;
    /** Since when nothing needs it any more; it goes a little later. */
    releasedAt?: Date;
  };
};
export type ProfileAssociation = Known<
  ec2.IamInstanceProfileAssociation,
  "AssociationId" | "InstanceId" | "IamInstanceProfile" | "State"
>;

export type KeyPair = Known<ec2.KeyPairInfo, "KeyPairId" | "KeyName" | "KeyType" | "KeyFingerprint" | "Tags">;

/** Without its versions: they are records of their own. */
export type LaunchTemplate = Known<
  ec2.LaunchTemplate,
  "LaunchTemplateId" | "LaunchTemplateName" | "DefaultVersionNumber" | "LatestVersionNumber" | "Tags"
> & {
  hidden: {
    /** Number of the version that was made last, deleted or not. */
    lastVersion: number;
  };
};

/** It never changes. Whether it is the default one is told by its template. */
export type LaunchTemplateVersion = Known<
  Omit<ec2.LaunchTemplateVersion, "DefaultVersion">,
  "LaunchTemplateId" | "LaunchTemplateName" | "VersionNumber" | "LaunchTemplateData"
> & {
  hidden: {
    /** Client token of the call that made it. */
    token?: string;
  };
};

/** What RunInstances was asked for under a client token. */
export interface ClientToken {
  token: string;
  /** Hash of the parameters. */
  request: string;
  instanceIds: string[];
}

/** What an instance's disk holds, and what its serial console showed. */
export interface MachineState {
  instanceId: string;
  /** JSON of the machine; absent: as the image made it. */
  snapshot?: object;
  console: string;
  consoleAt: Date;
}

/** Ids of the containers that run on an instance's machine. */
export interface RunningContainers {
  instanceId: string;
  ids: string[];
}

export type Role = Known<iam.Role, "RoleName" | "RoleId" | "Arn" | "Path" | "CreateDate" | "Tags"> & {
  /** JSON, not URL-encoded as on the wire. */
  AssumeRolePolicyDocument: string;
  hidden: {
    /** ARNs, in the order of attachment. */
    attached: string[];
    /** JSON by policy name. */
    inline: Record<string, string>;
    /** Set for a service-linked role. */
    linkedTo?: string;
  };
};

/** Without its role: that is looked up. */
export type InstanceProfile = Known<
  Omit<iam.InstanceProfile, "Roles">,
  "InstanceProfileName" | "InstanceProfileId" | "Arn" | "Path" | "CreateDate" | "Tags"
> & {
  hidden: {
    roleName?: string;
    /** When EC2 accepts it as it is now. */
    visibleAt: Date;
  };
};

export interface Parameter {
  Name: string;
  Type: ssm.ParameterType;
  Tier: ssm.ParameterTier;
  DataType: string;
  Tags: ssm.Tag[];
  /** Oldest first; at most 100. */
  versions: ParameterVersion[];
}

export type ParameterVersion = Known<ssm.ParameterHistory, "Version" | "Value" | "LastModifiedDate">;

/** The SSM agent of an instance, once it has registered. */
export type Agent = Known<ssm.InstanceInformation, "InstanceId" | "PingStatus" | "LastPingDateTime">;

export type Command = Known<
  ssm.Command,
  "CommandId" | "DocumentName" | "InstanceIds" | "RequestedDateTime" | "TimeoutSeconds" | "Parameters"
> & {
  hidden: {
    /** When GetCommandInvocation and the listings know it. */
    visibleAt: Date;
  };
};

export interface Invocation {
  CommandId: string;
  InstanceId: string;
  Status: ssm.CommandInvocationStatus;
  StatusDetails: string;
  RequestedDateTime: Date;
  ResponseCode: number;
  StartedAt?: Date;
  EndedAt?: Date;
  StandardOutput: string;
  StandardError: string;
}

export type LoadBalancer = Known<
  elbv2.LoadBalancer,
  | "LoadBalancerArn"
  | "LoadBalancerName"
  | "DNSName"
  | "CanonicalHostedZoneId"
  | "Scheme"
  | "Type"
  | "VpcId"
  | "State"
  | "AvailabilityZones"
  | "SecurityGroups"
  | "IpAddressType"
> & {
  hidden: {
    /** Those that were set; the others have their defaults. */
    attributes: Record<string, string>;
    tags: elbv2.Tag[];
  };
};

/** `LoadBalancerArns` follows the listeners. */
export type TargetGroup = Known<
  elbv2.TargetGroup,
  | "TargetGroupArn"
  | "TargetGroupName"
  | "Protocol"
  | "Port"
  | "VpcId"
  | "TargetType"
  | "LoadBalancerArns"
  | "HealthCheckEnabled"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "UnhealthyThresholdCount"
> & {
  hidden: {
    /** Those that were set; the others have their defaults. */
    attributes: Record<string, string>;
    tags: elbv2.Tag[];
    /** Until when it counts as in use after its last listener let go of it. */
    inUseUntil?: Date;
  };
};

export type Listener = Known<
  elbv2.Listener,
  "ListenerArn" | "LoadBalancerArn" | "Port" | "Protocol" | "Certificates" | "DefaultActions"
> & {
  hidden: {
    /** ARN of the rule for what no other rule matches. */
    defaultRule: string;
    tags: elbv2.Tag[];
  };
};

/** A target that is registered, or is being drained. */
export interface Target {
  TargetGroupArn: string;
  /** Of an instance, or an IP address. */
  Id: string;
  Port: number;
  hidden: {
    registeredAt: Date;
    deregisteredAt?: Date;
    /** As its controller sees it; absent: the controller has not looked yet. */
    health?: elbv2.TargetHealth;
  };
}

export type Repository = Known<
  ecr.Repository,
  "repositoryName" | "repositoryArn" | "repositoryUri" | "registryId" | "createdAt" | "imageTagMutability"
> & {
  hidden: {
    tags: ecr.Tag[];
    /** JSON, as it was put. */
    lifecyclePolicy?: string;
    /** When images were last expired by it. */
    evaluatedAt?: Date;
  };
};

/** What was pushed to a repository. Its layers are in the registry's files, which services do not see. */
export type RepositoryImage = Known<
  ecr.ImageDetail,
  "repositoryName" | "registryId" | "imageDigest" | "imageSizeInBytes" | "imagePushedAt"
> & {
  /** Empty: it is kept without a tag. */
  imageTags: string[];
  hidden: {
    /** JSON. */
    manifest: string;
  };
};

/** What the registry of a region signs its passwords with. */
export interface RegistryKey {
  registryId: string;
  key: string;
}

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

export type EcsDeployment = Known<
  ecs.Deployment,
  "id" | "status" | "taskDefinition" | "createdAt" | "updatedAt" | "failedTasks" | "rolloutState" | "rolloutStateReason"
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
  };
};

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
    /** ARN of the service that started it. */
    serviceArn: string;
    /** What it is registered as while it runs. */
    targets: Pick<Target, "TargetGroupArn" | "Id" | "Port">[];
  };
};

/** A DB subnet group. Without its subnets: they are looked up. */
export type DBSubnetGroup = Known<Omit<rds.DBSubnetGroup, "Subnets">, "DBSubnetGroupName" | "VpcId"> & {
  hidden: { subnetIds: string[] };
};

/** Without its subnet group: that is looked up. */
export type DBInstance = Known<
  Omit<rds.DBInstance, "DBSubnetGroup">,
  | "DBInstanceIdentifier"
  | "DBInstanceArn"
  | "DbiResourceId"
  | "DBInstanceStatus"
  | "DBInstanceClass"
  | "Engine"
  | "EngineVersion"
  | "MasterUsername"
  | "AllocatedStorage"
  | "StorageType"
  | "BackupRetentionPeriod"
  | "AvailabilityZone"
  | "VpcSecurityGroups"
  | "PendingModifiedValues"
  | "PubliclyAccessible"
  | "DeletionProtection"
  | "TagList"
> & {
  hidden: {
    /** Of the master user. */
    password: string;
    /** The real server has another password still. */
    passwordIsNew: boolean;
    /** As it will be in `Endpoint`. */
    endpoint: { Address: string; Port: number; HostedZoneId: string };
    subnetGroup: string;
    networkInterfaceId: string;
    /** Address of this computer that it is reached at; absent: it has not had one yet. */
    address?: string;
    /** The pending values are being applied, or wait for the maintenance window. */
    isApplying: boolean;
  };
};

/** An instance of a scaling group, as the group sees it. */
export type GroupInstance = Known<
  autoScaling.Instance,
  "InstanceId" | "AvailabilityZone" | "LifecycleState" | "HealthStatus" | "ProtectedFromScaleIn" | "LaunchTemplate"
>;

export type AutoScalingGroup = Known<
  Omit<autoScaling.AutoScalingGroup, "Instances">,
  | "AutoScalingGroupName"
  | "AutoScalingGroupARN"
  | "MinSize"
  | "MaxSize"
  | "DesiredCapacity"
  | "LaunchTemplate"
  | "VPCZoneIdentifier"
  | "AvailabilityZones"
  | "TargetGroupARNs"
  | "HealthCheckType"
  | "NewInstancesProtectedFromScaleIn"
  | "EnabledMetrics"
  | "Tags"
> & {
  /** Those that are being terminated included. */
  Instances: GroupInstance[];
  hidden: {
    /** Who last set its size, in the words of an activity's cause. */
    request: string;
    /** When instances that it lacks are launched; absent: it lacks none, or has not noticed. */
    launchAt?: Date;
    /** When it goes, once it is being deleted and has no instance left. */
    goneAt?: Date;
  };
};

export type ScalingActivity = Known<
  autoScaling.Activity,
  "ActivityId" | "AutoScalingGroupName" | "AutoScalingGroupARN" | "Description" | "Cause" | "StartTime" | "StatusCode"
> & {
  hidden: {
    /** Counts the activities of a world, because several may begin in one moment. */
    order: number;
    instanceId?: string;
  };
};

/** `DomainValidationOptions` always have their `ResourceRecord`, also while answers leave it out. */
export type Certificate = Known<
  acm.CertificateDetail,
  | "CertificateArn"
  | "DomainName"
  | "SubjectAlternativeNames"
  | "DomainValidationOptions"
  | "Status"
  | "Type"
  | "KeyAlgorithm"
  | "CreatedAt"
> & {
  hidden: {
    tags: acm.Tag[];
    /** When answers show the validation records. */
    recordsKnownAt: Date;
    /** Until when load balancers count as using it after they let go of it, by ARN. */
    inUseUntil: Record<string, Date>;
  };
};

/** What RequestCertificate was asked for under an idempotency token. */
export interface CertificateToken {
  token: string;
  /** Hash of the parameters. */
  request: string;
  CertificateArn: string;
  forgottenAt: Date;
}

/** `Id` with its prefix, as answers carry it; the key of its table is the id without. */
export type HostedZone = Known<route53.HostedZone, "Id" | "Name" | "CallerReference"> & {
  hidden: {
    nameServers: string[];
    tags: route53.Tag[];
  };
};

/** `Name` in lower case, with a trailing dot and with `\052` for an asterisk. */
export type ResourceRecordSet = Known<route53.ResourceRecordSet, "Name" | "Type"> & {
  hidden: {
    /** Without prefix. */
    zoneId: string;
    /** Of the change that made it what it is; without prefix. */
    changeId: string;
  };
};

/** `Id` with its prefix; the key of its table is the id without. */
export type DnsChange = Known<route53.ChangeInfo, "Id" | "Status" | "SubmittedAt">;

/** A caller reference that was used, for ever. */
export interface CallerReference {
  reference: string;
}

/** Names the key of a table's records. */
function by<Record>(keyOf: (record: Record) => string): (record: Record) => string {
  return keyOf;
}

/** Tables of each region, by service. */
export const REGIONAL = {
  acm: {
    certificates: by<Certificate>(({ CertificateArn }) => CertificateArn),
    tokens: by<CertificateToken>(({ token }) => token),
  },
  autoscaling: {
    groups: by<AutoScalingGroup>(({ AutoScalingGroupName }) => AutoScalingGroupName),
    activities: by<ScalingActivity>(({ ActivityId }) => ActivityId),
  },
  ec2: {
    vpcs: by<Vpc>(({ VpcId }) => VpcId),
    subnets: by<Subnet>(({ SubnetId }) => SubnetId),
    securityGroups: by<SecurityGroup>(({ GroupId }) => GroupId),
    securityGroupRules: by<SecurityGroupRule>(({ SecurityGroupRuleId }) => SecurityGroupRuleId),
    instances: by<Instance>(({ InstanceId }) => InstanceId),
    volumes: by<Volume>(({ VolumeId }) => VolumeId),
    volumeModifications: by<VolumeModification>(({ VolumeId }) => VolumeId),
    networkInterfaces: by<NetworkInterface>(({ NetworkInterfaceId }) => NetworkInterfaceId),
    profileAssociations: by<ProfileAssociation>(({ AssociationId }) => AssociationId),
    keyPairs: by<KeyPair>(({ KeyName }) => KeyName),
    launchTemplates: by<LaunchTemplate>(({ LaunchTemplateId }) => LaunchTemplateId),
    launchTemplateVersions: by<LaunchTemplateVersion>(
      ({ LaunchTemplateId, VersionNumber }) => `${LaunchTemplateId}/${VersionNumber}`,
    ),
    clientTokens: by<ClientToken>(({ token }) => token),
    machines: by<MachineState>(({ instanceId }) => instanceId),
    runningContainers: by<RunningContainers>(({ instanceId }) => instanceId),
  },
  ecs: {
    clusters: by<Cluster>(({ clusterName }) => clusterName),
    capacityProviders: by<CapacityProvider>(({ name }) => name),
    containerInstances: by<ContainerInstance>(({ containerInstanceArn }) => containerInstanceArn),
    taskDefinitionFamilies: by<TaskDefinitionFamily>(({ family }) => family),
    taskDefinitions: by<TaskDefinition>(({ family, revision }) => `${family}:${revision}`),
    services: by<EcsService>(({ serviceArn }) => serviceArn),
    tasks: by<EcsTask>(({ taskArn }) => taskArn),
  },
  elbv2: {
    loadBalancers: by<LoadBalancer>(({ LoadBalancerArn }) => LoadBalancerArn),
    targetGroups: by<TargetGroup>(({ TargetGroupArn }) => TargetGroupArn),
    listeners: by<Listener>(({ ListenerArn }) => ListenerArn),
    targets: by<Target>(({ TargetGroupArn, Id, Port }) => `${TargetGroupArn}|${Id}|${Port}`),
  },
  ecr: {
    repositories: by<Repository>(({ repositoryName }) => repositoryName),
    images: by<RepositoryImage>(({ repositoryName, imageDigest }) => `${repositoryName}@${imageDigest}`),
    registryKeys: by<RegistryKey>(({ registryId }) => registryId),
  },
  rds: {
    dbInstances: by<DBInstance>(({ DBInstanceIdentifier }) => DBInstanceIdentifier),
    dbSubnetGroups: by<DBSubnetGroup>(({ DBSubnetGroupName }) => DBSubnetGroupName),
  },
  ssm: {
    parameters: by<Parameter>(({ Name }) => Name),
    agents: by<Agent>(({ InstanceId }) => InstanceId),
    commands: by<Command>(({ CommandId }) => CommandId),
    invocations: by<Invocation>(({ CommandId, InstanceId }) => `${CommandId}/${InstanceId}`),
  },
} as const;

/** Tables of the account, whatever the region. */
export const GLOBAL = {
  iam: {
    roles: by<Role>(({ RoleName }) => RoleName),
    instanceProfiles: by<InstanceProfile>(({ InstanceProfileName }) => InstanceProfileName),
  },
  route53: {
    hostedZones: by<HostedZone>(({ Id }) => withoutPrefix(Id)),
    recordSets: by<ResourceRecordSet>(({ Name, Type, hidden }) => `${hidden.zoneId} ${Name} ${Type}`),
    changes: by<DnsChange>(({ Id }) => withoutPrefix(Id)),
    callerReferences: by<CallerReference>(({ reference }) => reference),
  },
} as const;

/** An id of Route 53 as its other operations take it: `Z0123` for `/hostedzone/Z0123`. */
export function withoutPrefix(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
