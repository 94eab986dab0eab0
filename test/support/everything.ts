import {
  DescribeCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
} from "@aws-sdk/client-acm";
import {
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  ListTagsForResourceCommand as ListTargetTagsCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeLogGroupsCommand,
  DescribeResourcePoliciesCommand,
  ListTagsForResourceCommand as ListLogGroupTagsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, ListTablesCommand, ListTagsOfResourceCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import {
  DescribeRepositoriesCommand,
  DescribeImagesCommand as DescribeRepositoryImagesCommand,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand as ListRepositoryTagsCommand,
} from "@aws-sdk/client-ecr";
import {
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListClustersCommand,
  ListServicesCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
} from "@aws-sdk/client-ecs";
import {
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand as DescribeLoadBalancingTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  ListRulesCommand,
  ListTagsForResourceCommand as ListRuleTagsCommand,
  ListTargetsByRuleCommand,
} from "@aws-sdk/client-eventbridge";
import {
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesCommand,
  ListOpenIDConnectProvidersCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import {
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  DescribeDBSubnetGroupsCommand,
} from "@aws-sdk/client-rds";
import {
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand as ListZoneTagsCommand,
} from "@aws-sdk/client-route-53";
import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import {
  ListNamespacesCommand,
  ListTagsForResourceCommand as ListNamespaceTagsCommand,
} from "@aws-sdk/client-servicediscovery";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { directClients, type Senders } from "./direct-clients.ts";
import { clientsOf, type ServedAws } from "./runs.ts";

/** What a service lists, with what differs between two equal worlds (ids, times) left out. */
type Listing = (clients: Senders) => Promise<Record<string, unknown>>;

/** Everything that a stack can leave behind, by service. */
const LISTINGS: Readonly<Record<string, Listing>> = {
  acm,
  applicationAutoScaling,
  autoScaling,
  cloudWatch,
  dynamodb,
  ec2,
  ecr,
  ecs,
  elbv2,
  iam,
  logs,
  rds,
  route53,
  secretsManager,
  eventBridge,
  serviceDiscovery,
  ssm,
  vpcs,
};

/** Everything on a sandbox, the same for each that has the same in it: ids that AWS chooses are left out. */
export async function everythingOn(sandbox: RunningSandbox): Promise<unknown> {
  const text = JSON.stringify(await everything(sandbox), (_, value) => (value === undefined ? null : value));
  const ids = [
    /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g,
    /(?<=bia-alb-|retail-store-ecs-ui-)\d+/g,
    /_[0-9a-f]{32}(?=\.)/g,
    // What AWS puts behind the name of a secret.
    /(?<=:secret:[\w/+=.@-]+-)[A-Za-z0-9]{6}(?=[:"\\])/g,
  ];
  return JSON.parse(ids.reduce((without, id) => without.replaceAll(id, "id"), text));
}

/**
 * Everything that a stack can leave behind, as AWS lists it. What AWS itself keeps is left out: terminated instances,
 * which stay listed for an hour, and service-linked roles.
 */
export function everything(sandbox: RunningSandbox): Promise<Record<string, unknown>> {
  return listed(directClients(sandbox));
}

/** `everything` of a sandbox in another process. */
export async function everythingOver(aws: ServedAws): Promise<Record<string, unknown>> {
  const clients = clientsOf(aws);
  try {
    return await listed(clients);
  } finally {
    clients.close();
  }
}

async function listed(clients: Senders): Promise<Record<string, unknown>> {
  const listings = Object.entries(LISTINGS).map(async ([service, list]) => [service, await list(clients)] as const);
  return Object.fromEntries(await Promise.all(listings));
}

async function applicationAutoScaling({ applicationAutoScaling: client }: Senders): Promise<Record<string, unknown>> {
  const ServiceNamespace = "ecs";
  const [{ ScalableTargets = [] }, { ScalingPolicies = [] }] = await Promise.all([
    client.send(new DescribeScalableTargetsCommand({ ServiceNamespace })),
    client.send(new DescribeScalingPoliciesCommand({ ServiceNamespace })),
  ]);
  const targets = ScalableTargets.map(async ({ ScalableTargetARN: ResourceARN, CreationTime: _, ...target }) => {
    const { Tags } = await client.send(new ListTargetTagsCommand({ ResourceARN }));
    return { ...target, tags: Tags };
  });
  return {
    targets: await Promise.all(targets),
    policies: ScalingPolicies.map((policy) => ({
      name: policy.PolicyName,
      of: policy.ResourceId,
      type: policy.PolicyType,
      // The ids of load balancer and target group differ.
      configuration: JSON.stringify(policy.TargetTrackingScalingPolicyConfiguration).replace(/[0-9a-f]{16}/g, "id"),
      alarms: policy.Alarms?.length,
    })),
  };
}

/** Without their states, which come with time. */
async function cloudWatch({ cloudWatch: client }: Senders): Promise<Record<string, unknown>> {
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ MaxRecords: 100 }));
  return {
    alarms: MetricAlarms.map((alarm) => [
      // An id is new with each.
      alarm.AlarmName?.replace(/[0-9a-f]{8}-[0-9a-f-]{27}$/, "id"),
      [alarm.MetricName, alarm.ComparisonOperator, alarm.Threshold],
      [alarm.Period, alarm.EvaluationPeriods],
    ]).sort(byText),
  };
}

/** Without the version that the launch template has come to. */
async function autoScaling(clients: Senders): Promise<Record<string, unknown>> {
  const { AutoScalingGroups } = await clients.autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ MaxRecords: 100 }),
  );
  return {
    groups: AutoScalingGroups?.map((group) => ({
      name: group.AutoScalingGroupName,
      launchTemplate: group.LaunchTemplate?.LaunchTemplateName,
      sizes: [group.MinSize, group.DesiredCapacity, group.MaxSize],
      zones: [...(group.AvailabilityZones ?? [])].sort(),
      cooldown: group.DefaultCooldown,
      health: [group.HealthCheckType, group.HealthCheckGracePeriod],
      tags: tagsOf(group.Tags),
      metrics: group.EnabledMetrics?.map(({ Metric, Granularity }) => `${Metric} ${Granularity}`).sort(),
      targetGroups: group.TargetGroupARNs?.map((arn) => arn.split("/")[1]).sort(),
      instances: group.Instances?.map(({ LifecycleState }) => LifecycleState),
      status: group.Status,
    })),
  };
}

/** What instances would be launched by, whichever version that is. */
async function launchTemplates(clients: Senders, nameOf: (groupId: string | undefined) => string | undefined) {
  const [{ LaunchTemplates }, { LaunchTemplateVersions }] = await Promise.all([
    clients.ec2.send(new DescribeLaunchTemplatesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeLaunchTemplateVersionsCommand({ Versions: ["$Default"], MaxResults: 100 })),
  ]);
  return LaunchTemplates?.map(({ LaunchTemplateId, LaunchTemplateName, Tags }) => {
    const version = LaunchTemplateVersions?.find((one) => one.LaunchTemplateId === LaunchTemplateId);
    const { SecurityGroupIds, ...data } = version?.LaunchTemplateData ?? {};
    return { name: LaunchTemplateName, tags: tagsOf(Tags), data, groups: SecurityGroupIds?.map(nameOf) };
  });
}

async function ec2(clients: Senders): Promise<Record<string, unknown>> {
  const [groups, rules, instances, volumes, interfaces] = await Promise.all([
    clients.ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeSecurityGroupRulesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeInstancesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeVolumesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeNetworkInterfacesCommand({ MaxResults: 100 })),
  ]);
  const nameOf = (id: string | undefined) => groups.SecurityGroups?.find(({ GroupId }) => GroupId === id)?.GroupName;
  const living = (instances.Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .filter(({ State }) => State?.Name !== "terminated");
  return {
    groups: groups.SecurityGroups?.map(({ GroupName, Description, Tags }) => [
      GroupName,
      Description,
      tagsOf(Tags),
    ]).sort(),
    rules: rules.SecurityGroupRules?.map((rule) => [
      nameOf(rule.GroupId),
      rule.IsEgress,
      rule.IpProtocol,
      rule.FromPort,
      rule.ToPort,
      rule.CidrIpv4 ?? nameOf(rule.ReferencedGroupInfo?.GroupId),
    ])
      .map((rule) => rule.join(" "))
      .sort(),
    instances: living
      .map(({ State, InstanceType, Tags, IamInstanceProfile, SecurityGroups }) => ({
        profile: IamInstanceProfile?.Arn,
        state: State?.Name,
        type: InstanceType,
        tags: tagsOf(Tags),
        groups: SecurityGroups?.map(({ GroupName }) => GroupName),
      }))
      .sort(byText),
    launchTemplates: await launchTemplates(clients, nameOf),
    volumes: volumes.Volumes?.map(({ Size, VolumeType, Tags }) => [Size, VolumeType, tagsOf(Tags)]).sort(byText),
    interfaces: interfaces.NetworkInterfaces?.length,
  };
}

async function ecr({ ecr: client }: Senders): Promise<Record<string, unknown>> {
  const { repositories = [] } = await client.send(new DescribeRepositoriesCommand({ maxResults: 100 }));
  const described = repositories.map(async ({ repositoryName, repositoryArn, ...settings }) => {
    const [policy, { tags }, { imageDetails }] = await Promise.all([
      client.send(new GetLifecyclePolicyCommand({ repositoryName })).catch(() => undefined),
      client.send(new ListRepositoryTagsCommand({ resourceArn: repositoryArn })),
      client.send(new DescribeRepositoryImagesCommand({ repositoryName, maxResults: 100 })),
    ]);
    return {
      name: repositoryName,
      mutability: settings.imageTagMutability,
      scanning: settings.imageScanningConfiguration,
      policy: policy?.lifecyclePolicyText,
      tags: tagsOf(tags),
      // Digests depend on when an image was built.
      images: imageDetails?.map(({ imageTags }) => imageTags ?? []),
    };
  });
  return { repositories: await Promise.all(described) };
}

/** Of task definitions the newest revisions: old ones are kept until their family goes. */
async function ecs(clients: Senders): Promise<Record<string, unknown>> {
  const [{ clusterArns = [] }, { capacityProviders = [] }, { families = [] }, inactive] = await Promise.all([
    clients.ecs.send(new ListClustersCommand({})),
    clients.ecs.send(new DescribeCapacityProvidersCommand({ include: ["TAGS"] })),
    clients.ecs.send(new ListTaskDefinitionFamiliesCommand({ status: "ACTIVE" })),
    clients.ecs.send(new ListTaskDefinitionsCommand({ status: "INACTIVE" })),
  ]);
  const include = ["SETTINGS" as const, "TAGS" as const];
  const { clusters = [] } =
    clusterArns.length === 0
      ? {}
      : await clients.ecs.send(new DescribeClustersCommand({ clusters: clusterArns, include }));
  const definitions = await Promise.all(families.map((family) => taskDefinitionOf(clients, family)));
  const services = await Promise.all(clusterArns.map((cluster) => servicesOf(clients, cluster)));
  return {
    clusters: clusters.map(
      ({ clusterName, settings, tags, capacityProviders: attached, defaultCapacityProviderStrategy }) => [
        clusterName,
        settings,
        ecsTagsOf(tags),
        attached,
        defaultCapacityProviderStrategy,
      ],
    ),
    providers: capacityProviders
      .filter(({ status }) => status !== "INACTIVE")
      .map(({ name, autoScalingGroupProvider, tags }) => [name, autoScalingGroupProvider, ecsTagsOf(tags)]),
    definitions,
    inactive: inactive.taskDefinitionArns?.length,
    services: services.flat(),
  };
}

async function taskDefinitionOf(clients: Senders, taskDefinition: string): Promise<unknown> {
  const found = await clients.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] }));
  const { taskDefinitionArn: _arn, revision: _revision, registeredAt: _at, ...rest } = found.taskDefinition ?? {};
  return [rest, ecsTagsOf(found.tags)];
}

async function servicesOf(clients: Senders, cluster: string): Promise<unknown[]> {
  const { serviceArns = [] } = await clients.ecs.send(new ListServicesCommand({ cluster }));
  if (serviceArns.length === 0) return [];
  const found = await clients.ecs.send(
    new DescribeServicesCommand({ cluster, services: serviceArns.toSorted(), include: ["TAGS"] }),
  );
  return (found.services ?? []).map((service) => ({
    name: service.serviceName,
    status: service.status,
    // Which revision it runs depends on how many there were before.
    family: service.taskDefinition?.split(":").at(-2),
    counts: [service.desiredCount, service.runningCount, service.deployments?.length],
    strategy: service.capacityProviderStrategy ?? service.launchType,
    deployment: service.deploymentConfiguration,
    rebalancing: service.availabilityZoneRebalancing,
    ports: service.loadBalancers?.map(({ containerName, containerPort }) => [containerName, containerPort]),
    placement: [service.placementConstraints, service.placementStrategy],
    grace: service.healthCheckGracePeriodSeconds,
    propagateTags: service.propagateTags,
    tags: ecsTagsOf(service.tags),
  }));
}

function ecsTagsOf(tags: readonly { key?: string | undefined; value?: string | undefined }[] | undefined): unknown {
  return tagsOf((tags ?? []).map(({ key, value }) => ({ Key: key, Value: value })));
}

async function elbv2({ ec2, elbv2 }: Senders): Promise<Record<string, unknown>> {
  const [{ LoadBalancers = [] }, { TargetGroups = [] }, { SecurityGroups = [] }] = await Promise.all([
    elbv2.send(new DescribeLoadBalancersCommand({})),
    elbv2.send(new DescribeTargetGroupsCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 100 })),
  ]);
  const groupName = (id: string) => SecurityGroups.find(({ GroupId }) => GroupId === id)?.GroupName;
  const targetGroupName = (arn: string | undefined) =>
    TargetGroups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.TargetGroupName;
  const listed = await Promise.all(
    LoadBalancers.map(async ({ LoadBalancerArn }) => {
      const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }));
      return Listeners.sort((one, other) => (one.Port ?? 0) - (other.Port ?? 0));
    }),
  );
  const ResourceArns = [
    ...LoadBalancers.map(({ LoadBalancerArn = "" }) => LoadBalancerArn),
    ...TargetGroups.map(({ TargetGroupArn = "" }) => TargetGroupArn),
    ...listed.flat().map(({ ListenerArn = "" }) => ListenerArn),
  ];
  const { TagDescriptions = [] } =
    ResourceArns.length > 0 ? await elbv2.send(new DescribeLoadBalancingTagsCommand({ ResourceArns })) : {};
  const tagsOn = (arn: string | undefined) =>
    tagsOf(TagDescriptions.find(({ ResourceArn }) => ResourceArn === arn)?.Tags);
  const balancers = LoadBalancers.map(async ({ LoadBalancerArn, ...balancer }, index) => {
    const { Attributes } = await elbv2.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
    const {
      LoadBalancerName,
      Scheme,
      Type,
      State,
      IpAddressType,
      AvailabilityZones,
      SecurityGroups: groups,
    } = balancer;
    return {
      settings: [LoadBalancerName, Scheme, Type, State?.Code, IpAddressType],
      zones: AvailabilityZones?.map(({ ZoneName }) => ZoneName).sort(),
      groups: groups?.map(groupName).sort(),
      attributes: tagsOf(Attributes),
      tags: tagsOn(LoadBalancerArn),
      listeners: listed[index]?.map(({ ListenerArn, Port, Protocol, SslPolicy, Certificates, DefaultActions }) => ({
        settings: [Port, Protocol, SslPolicy],
        certificates: Certificates,
        to: DefaultActions?.map(({ TargetGroupArn }) => targetGroupName(TargetGroupArn)),
        tags: tagsOn(ListenerArn),
      })),
    };
  });
  const groups = TargetGroups.map(async ({ TargetGroupArn, VpcId: _id, LoadBalancerArns, ...settings }) => {
    const { Attributes } = await elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
    const used = LoadBalancerArns?.length;
    return { ...settings, used, attributes: tagsOf(Attributes), tags: tagsOn(TargetGroupArn) };
  });
  return { balancers: await Promise.all(balancers), groups: await Promise.all(groups) };
}

async function iam(clients: Senders): Promise<Record<string, unknown>> {
  const [{ Roles = [] }, { InstanceProfiles }] = await Promise.all([
    clients.iam.send(new ListRolesCommand({ MaxItems: 100 })),
    clients.iam.send(new ListInstanceProfilesCommand({ MaxItems: 100 })),
  ]);
  const roles = Roles.filter(({ Path }) => !Path?.startsWith("/aws-service-role/"));
  const policies = await Promise.all(
    roles.map(async ({ RoleName }) => {
      const attached = await clients.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
      const { PolicyNames = [] } = await clients.iam.send(new ListRolePoliciesCommand({ RoleName }));
      const inline = PolicyNames.map(async (PolicyName) => {
        const { PolicyDocument } = await clients.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
        return [PolicyName, decodeURIComponent(PolicyDocument ?? "")];
      });
      const names = attached.AttachedPolicies?.map(({ PolicyName }) => PolicyName).sort();
      return [RoleName, [...(names ?? []), ...(await Promise.all(inline))]];
    }),
  );
  const { OpenIDConnectProviderList } = await clients.iam.send(new ListOpenIDConnectProvidersCommand({}));
  return {
    providers: OpenIDConnectProviderList?.map(({ Arn }) => Arn),
    roles: roles.map(({ RoleName, Path }) => [RoleName, Path]).sort(),
    policies: Object.fromEntries(policies),
    profiles: InstanceProfiles?.map(({ InstanceProfileName, Roles }) => [
      InstanceProfileName,
      Roles?.map(({ RoleName }) => RoleName),
    ]).sort(),
  };
}

async function logs({ logs: client }: Senders): Promise<Record<string, unknown>> {
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ limit: 50 }));
  const groups = logGroups.map(async ({ logGroupName, logGroupArn, retentionInDays }) => {
    const { tags = {} } = await client.send(new ListLogGroupTagsCommand({ resourceArn: logGroupArn }));
    return [logGroupName, retentionInDays, tags];
  });
  const { resourcePolicies = [] } = await client.send(new DescribeResourcePoliciesCommand({ limit: 10 }));
  const policies = resourcePolicies.map(({ policyName, policyDocument }) => [policyName, policyDocument]);
  return { groups: await Promise.all(groups), policies };
}

async function eventBridge({ eventBridge: client }: Senders): Promise<Record<string, unknown>> {
  const { Rules = [] } = await client.send(new ListRulesCommand({ Limit: 100 }));
  const rules = Rules.map(async ({ Name, Arn, EventPattern, State }) => {
    const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule: Name, Limit: 5 }));
    const { Tags } = await client.send(new ListRuleTagsCommand({ ResourceARN: Arn }));
    return [Name, EventPattern, State, Targets?.map((target) => [target.Id, target.Arn]), tagsOf(Tags)];
  });
  return { rules: await Promise.all(rules) };
}

async function rds(clients: Senders): Promise<Record<string, unknown>> {
  const { DBInstances } = await clients.rds.send(new DescribeDBInstancesCommand({ MaxRecords: 100 }));
  const { DBSubnetGroups = [] } = await clients.rds.send(new DescribeDBSubnetGroupsCommand({}));
  const { DBSnapshots } = await clients.rds.send(new DescribeDBSnapshotsCommand({ SnapshotType: "manual" }));
  return {
    snapshots: DBSnapshots?.map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier),
    // RDS makes the default one, which stays.
    subnetGroups: DBSubnetGroups.filter(({ DBSubnetGroupName }) => DBSubnetGroupName !== "default").map((found) => [
      found.DBSubnetGroupName,
      found.DBSubnetGroupDescription,
      found.Subnets?.length,
    ]),
    databases: DBInstances?.map((found) => [
      found.DBInstanceIdentifier,
      // The first backup takes its own time.
      found.DBInstanceStatus === "backing-up" ? "available" : found.DBInstanceStatus,
      found.EngineVersion,
      found.DBInstanceClass,
      found.AllocatedStorage,
      found.StorageType,
      found.BackupRetentionPeriod,
      found.PubliclyAccessible,
      found.Endpoint?.Port,
      found.VpcSecurityGroups?.length,
      // Which value of its parameter the password is tells a time.
      Object.keys(tagsOf(found.TagList)),
    ]),
  };
}

async function ssm(clients: Senders): Promise<Record<string, unknown>> {
  const { Parameters } = await clients.ssm.send(new DescribeParametersCommand({ MaxResults: 50 }));
  return { parameters: Parameters?.map(({ Name, Type }) => [Name, Type]) };
}

/** Tables without their ids and times, and without attributes that a former index has left. */
async function dynamodb(clients: Senders): Promise<Record<string, unknown>> {
  const { TableNames = [] } = await clients.dynamodb.send(new ListTablesCommand({ Limit: 100 }));
  const tables = TableNames.map(async (TableName) => {
    const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName }));
    const { Tags } = await clients.dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn }));
    const { TableStatus, KeySchema, BillingModeSummary, GlobalSecondaryIndexes } = Table ?? {};
    return [TableName, TableStatus, KeySchema, BillingModeSummary?.BillingMode, GlobalSecondaryIndexes, tagsOf(Tags)];
  });
  return { tables: await Promise.all(tables) };
}

/** Secrets; which of its values is the present one is left out. */
async function secretsManager(clients: Senders): Promise<Record<string, unknown>> {
  const { SecretList = [] } = await clients.secretsManager.send(
    new ListSecretsCommand({ MaxResults: 100, IncludePlannedDeletion: true }),
  );
  const secrets = SecretList.map(({ Name, Description, DeletedDate, Tags, SecretVersionsToStages = {} }) => [
    Name,
    Description,
    DeletedDate !== undefined,
    tagsOf(Tags),
    Object.values(SecretVersionsToStages),
  ]);
  return { secrets: secrets.sort(byText) };
}

async function serviceDiscovery(clients: Senders): Promise<Record<string, unknown>> {
  const { Namespaces = [] } = await clients.serviceDiscovery.send(new ListNamespacesCommand({ MaxResults: 100 }));
  const namespaces = Namespaces.map(async ({ Name, Type, Arn }) => {
    const { Tags } = await clients.serviceDiscovery.send(new ListNamespaceTagsCommand({ ResourceARN: Arn }));
    return [Name, Type, tagsOf(Tags)];
  });
  return { namespaces: await Promise.all(namespaces) };
}

async function acm(clients: Senders): Promise<Record<string, unknown>> {
  const { CertificateSummaryList = [] } = await clients.acm.send(new ListCertificatesCommand({ MaxItems: 100 }));
  const certificates = await Promise.all(
    CertificateSummaryList.map(async ({ CertificateArn }) => {
      const { Certificate } = await clients.acm.send(new DescribeCertificateCommand({ CertificateArn }));
      const { Tags } = await clients.acm.send(new ListTagsForCertificateCommand({ CertificateArn }));
      return [Certificate?.SubjectAlternativeNames, tagsOf(Tags)];
    }),
  );
  return { certificates: certificates.sort() };
}

async function route53(clients: Senders): Promise<Record<string, unknown>> {
  const { HostedZones = [] } = await clients.route53.send(new ListHostedZonesCommand({ MaxItems: 100 }));
  const zones = await Promise.all(
    HostedZones.map(async ({ Id: path = "", Name, Config }) => {
      const Id = path.replace("/hostedzone/", "");
      const { ResourceTagSet } = await clients.route53.send(
        new ListZoneTagsCommand({ ResourceType: "hostedzone", ResourceId: Id }),
      );
      const { ResourceRecordSets = [] } = await clients.route53.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: Id, MaxItems: 300 }),
      );
      // Name servers differ from zone to zone, and a load balancer's name has an id in it.
      const records = ResourceRecordSets.map((record) => [
        record.Name,
        record.Type,
        record.TTL,
        record.Type === "NS" || record.Type === "SOA" ? "its own" : record.ResourceRecords?.map(({ Value }) => Value),
        record.AliasTarget?.DNSName?.replace(/\d+/g, "0"),
      ]);
      return [Name, Config, tagsOf(ResourceTagSet?.Tags), records];
    }),
  );
  return { zones: zones.sort() };
}

/** VPCs and what is in them, by their names: each thing that has none is called `default`. NAT gateways that are deleted stay listed for an hour. */
async function vpcs({ ec2 }: Senders): Promise<Record<string, unknown>> {
  const [vpcs, subnets, gateways, addresses, nats, tables] = await Promise.all([
    ec2.send(new DescribeVpcsCommand({ MaxResults: 100 })),
    ec2.send(new DescribeSubnetsCommand({ MaxResults: 100 })),
    ec2.send(new DescribeInternetGatewaysCommand({ MaxResults: 100 })),
    ec2.send(new DescribeAddressesCommand({})),
    ec2.send(new DescribeNatGatewaysCommand({ MaxResults: 100 })),
    ec2.send(new DescribeRouteTablesCommand({ MaxResults: 100 })),
  ]);
  const attribute = async (VpcId: string, Attribute: "enableDnsHostnames" | "enableDnsSupport") => {
    const answer = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute }));
    return (answer.EnableDnsHostnames ?? answer.EnableDnsSupport)?.Value;
  };
  const names = new Map<string | undefined, string>(
    [
      ...(vpcs.Vpcs ?? []).map(({ VpcId, Tags }) => [VpcId, Tags] as const),
      ...(subnets.Subnets ?? []).map(({ SubnetId, Tags }) => [SubnetId, Tags] as const),
      ...(gateways.InternetGateways ?? []).map(({ InternetGatewayId, Tags }) => [InternetGatewayId, Tags] as const),
      ...(nats.NatGateways ?? []).map(({ NatGatewayId, Tags }) => [NatGatewayId, Tags] as const),
    ].map(([id, tags]) => [id, tagsOf(tags).Name ?? "default"]),
  );
  const nameOf = (id: string | undefined) => names.get(id) ?? id;
  const living = (nats.NatGateways ?? []).filter(({ State }) => State !== "deleted");
  return {
    vpcs: await Promise.all(
      (vpcs.Vpcs ?? []).map(async ({ VpcId = "", CidrBlock, Tags }) => [
        CidrBlock,
        await attribute(VpcId, "enableDnsSupport"),
        await attribute(VpcId, "enableDnsHostnames"),
        tagsOf(Tags),
      ]),
    ),
    subnets: (subnets.Subnets ?? [])
      .map((one) => [nameOf(one.VpcId), one.CidrBlock, one.AvailabilityZone, one.MapPublicIpOnLaunch, tagsOf(one.Tags)])
      .sort(byText),
    gateways: (gateways.InternetGateways ?? [])
      .map(({ Attachments, Tags }) => [Attachments?.map(({ VpcId }) => nameOf(VpcId)), tagsOf(Tags)])
      .sort(byText),
    addresses: (addresses.Addresses ?? [])
      .map(({ AssociationId, Tags }) => [AssociationId !== undefined, tagsOf(Tags)])
      .sort(byText),
    nats: living.map(({ State, SubnetId, Tags }) => [State, nameOf(SubnetId), tagsOf(Tags)]).sort(byText),
    tables: (tables.RouteTables ?? [])
      .map(({ VpcId, Associations, Routes, Tags }) => [
        nameOf(VpcId),
        Associations?.map(({ Main, SubnetId }) => (Main ? "main" : nameOf(SubnetId))).sort(),
        Routes?.map((route) => [
          route.DestinationCidrBlock,
          nameOf(route.GatewayId ?? route.NatGatewayId),
          route.State,
        ]).sort(),
        tagsOf(Tags),
      ])
      .sort(byText),
  };
}

/** Instances are listed in the order in which they were launched, which differs from run to run. */
function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/**
 * Tags by key, without those that name a launch template and its version. Of the receipts of scripts only that they are
 * there: their command ids differ from run to run. The image's own is left out: whether it was pushed is asked of the
 * repository, so a run that was cut off before its receipt leaves none and needs none.
 */
function tagsOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string | undefined> {
  const passing = ["aws:ec2launchtemplate:", "bia-infra:did:app-image"];
  const own = (tags ?? []).filter(({ Key = "" }) => !passing.some((beginning) => Key.startsWith(beginning)));
  const kept = own.map(({ Key = "", Value }) => [Key, Key.startsWith("bia-infra:did:") ? "done" : Value] as const);
  return Object.fromEntries([...kept].sort());
}
