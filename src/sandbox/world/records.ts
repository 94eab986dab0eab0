import type { Certificate, CertificateToken } from "./records/acm.ts";
import type { ScalableTarget, TargetActivity, TrackingPolicy } from "./records/application-auto-scaling.ts";
import type { AutoScalingGroup, ScalingActivity } from "./records/autoscaling.ts";
import type { MetricAlarm, MinuteOfMetric } from "./records/cloudwatch.ts";
import type { Table as DynamodbTable, TableEntry } from "./records/dynamodb.ts";
import type {
  ClientToken,
  ElasticAddress,
  Instance,
  InternetGateway,
  KeyPair,
  LaunchTemplate,
  LaunchTemplateVersion,
  MachineState,
  NatGateway,
  NetworkInterface,
  ProfileAssociation,
  RouteTable,
  RunningContainers,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  Volume,
  VolumeModification,
  Vpc,
} from "./records/ec2.ts";
import type { LooseBlob, RegistryKey, Repository, RepositoryImage } from "./records/ecr.ts";
import type {
  AccountSetting,
  CapacityProvider,
  Cluster,
  ContainerInstance,
  EcsService,
  EcsTask,
  ServiceDeployment,
  ServiceRevision,
  TaskDefinition,
  TaskDefinitionFamily,
} from "./records/ecs.ts";
import {
  type Listener,
  type LoadBalancer,
  type Rule,
  type Target,
  type TargetGroup,
  targetKey,
} from "./records/elbv2.ts";
import type { EventRule } from "./records/eventbridge.ts";
import type { InstanceProfile, OpenIdConnectProvider, Role } from "./records/iam.ts";
import type { LogGroup, LogStream, LogsResourcePolicy } from "./records/logs.ts";
import type { DBInstance, DBSnapshot, DBSubnetGroup } from "./records/rds.ts";
import {
  type CallerReference,
  type DnsChange,
  type HostedZone,
  type ResourceRecordSet,
  withoutPrefix,
} from "./records/route53.ts";
import type { Secret } from "./records/secrets-manager.ts";
import type { DiscoveryInstance, DiscoveryService, Namespace, NamespaceOperation } from "./records/servicediscovery.ts";
import type { Agent, Command, Invocation, Parameter } from "./records/ssm.ts";

/*
 * State in wire shape, so that a handler answers with records as they are. What AWS keeps to itself is in `hidden`, which
 * no schema knows and so no answer carries.
 */

export type * from "./records/acm.ts";
export type * from "./records/application-auto-scaling.ts";
export type * from "./records/autoscaling.ts";
export type * from "./records/cloudwatch.ts";
export type * from "./records/dynamodb.ts";
export type * from "./records/ec2.ts";
export type * from "./records/ecr.ts";
export type * from "./records/ecs.ts";
export type * from "./records/elbv2.ts";
export { targetKey } from "./records/elbv2.ts";
export type * from "./records/eventbridge.ts";
export type * from "./records/iam.ts";
export type * from "./records/logs.ts";
export type * from "./records/rds.ts";
export type * from "./records/route53.ts";
export { withoutPrefix } from "./records/route53.ts";
export type * from "./records/secrets-manager.ts";
export type * from "./records/servicediscovery.ts";
export type * from "./records/ssm.ts";

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
  applicationAutoScaling: {
    targets: by<ScalableTarget>(({ ResourceId }) => ResourceId),
    policies: by<TrackingPolicy>(({ ResourceId, PolicyName }) => `${ResourceId} ${PolicyName}`),
    activities: by<TargetActivity>(({ ActivityId }) => ActivityId),
  },
  autoscaling: {
    groups: by<AutoScalingGroup>(({ AutoScalingGroupName }) => AutoScalingGroupName),
    activities: by<ScalingActivity>(({ ActivityId }) => ActivityId),
  },
  cloudwatch: {
    alarms: by<MetricAlarm>(({ AlarmName }) => AlarmName),
    minutes: by<MinuteOfMetric>(({ key, minute }) => `${key} ${minute}`),
  },
  dynamodb: {
    tables: by<DynamodbTable>(({ TableName }) => TableName),
    entries: by<TableEntry>(({ key }) => key),
  },
  ec2: {
    vpcs: by<Vpc>(({ VpcId }) => VpcId),
    subnets: by<Subnet>(({ SubnetId }) => SubnetId),
    routeTables: by<RouteTable>(({ RouteTableId }) => RouteTableId),
    internetGateways: by<InternetGateway>(({ InternetGatewayId }) => InternetGatewayId),
    addresses: by<ElasticAddress>(({ AllocationId }) => AllocationId),
    natGateways: by<NatGateway>(({ NatGatewayId }) => NatGatewayId),
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
    accountSettings: by<AccountSetting>(({ name }) => name),
    capacityProviders: by<CapacityProvider>(({ name }) => name),
    containerInstances: by<ContainerInstance>(({ containerInstanceArn }) => containerInstanceArn),
    taskDefinitionFamilies: by<TaskDefinitionFamily>(({ family }) => family),
    taskDefinitions: by<TaskDefinition>(({ family, revision }) => `${family}:${revision}`),
    services: by<EcsService>(({ serviceArn }) => serviceArn),
    serviceRevisions: by<ServiceRevision>(({ serviceRevisionArn }) => serviceRevisionArn),
    serviceDeployments: by<ServiceDeployment>(({ serviceDeploymentArn }) => serviceDeploymentArn),
    tasks: by<EcsTask>(({ taskArn }) => taskArn),
  },
  elbv2: {
    loadBalancers: by<LoadBalancer>(({ LoadBalancerArn }) => LoadBalancerArn),
    targetGroups: by<TargetGroup>(({ TargetGroupArn }) => TargetGroupArn),
    listeners: by<Listener>(({ ListenerArn }) => ListenerArn),
    rules: by<Rule>(({ RuleArn }) => RuleArn),
    targets: by<Target>(targetKey),
  },
  ecr: {
    repositories: by<Repository>(({ repositoryName }) => repositoryName),
    images: by<RepositoryImage>(({ repositoryName, imageDigest }) => `${repositoryName}@${imageDigest}`),
    looseBlobs: by<LooseBlob>(({ repositoryName, digest }) => `${repositoryName}@${digest}`),
    registryKeys: by<RegistryKey>(({ registryId }) => registryId),
  },
  eventbridge: {
    rules: by<EventRule>(({ Name }) => Name),
  },
  logs: {
    groups: by<LogGroup>(({ logGroupName }) => logGroupName),
    streams: by<LogStream>(({ logStreamName, hidden }) => `${hidden.logGroupName}:${logStreamName}`),
    resourcePolicies: by<LogsResourcePolicy>(({ policyName }) => policyName),
  },
  rds: {
    dbInstances: by<DBInstance>(({ DBInstanceIdentifier }) => DBInstanceIdentifier),
    dbSnapshots: by<DBSnapshot>(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier),
    dbSubnetGroups: by<DBSubnetGroup>(({ DBSubnetGroupName }) => DBSubnetGroupName),
  },
  secretsManager: {
    secrets: by<Secret>(({ Name }) => Name),
  },
  serviceDiscovery: {
    namespaces: by<Namespace>(({ Id }) => Id),
    operations: by<NamespaceOperation>(({ Id }) => Id),
    services: by<DiscoveryService>(({ Id }) => Id),
    instances: by<DiscoveryInstance>(({ Id, hidden }) => `${hidden.serviceId} ${Id}`),
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
    openIdConnectProviders: by<OpenIdConnectProvider>(({ Arn }) => Arn),
  },
  route53: {
    hostedZones: by<HostedZone>(({ Id }) => withoutPrefix(Id)),
    recordSets: by<ResourceRecordSet>(({ Name, Type, hidden }) => `${hidden.zoneId} ${Name} ${Type}`),
    changes: by<DnsChange>(({ Id }) => withoutPrefix(Id)),
    callerReferences: by<CallerReference>(({ reference }) => reference),
  },
} as const;
