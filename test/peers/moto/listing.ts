import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import { DescribeScalableTargetsCommand } from "@aws-sdk/client-application-auto-scaling";
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import { DescribeRepositoriesCommand } from "@aws-sdk/client-ecr";
import {
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  ListClustersCommand,
  ListTaskDefinitionsCommand,
} from "@aws-sdk/client-ecs";
import { DescribeLoadBalancersCommand, DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeDBInstancesCommand, DescribeDBSubnetGroupsCommand } from "@aws-sdk/client-rds";
import { ListHostedZonesCommand } from "@aws-sdk/client-route-53";
import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { ListNamespacesCommand } from "@aws-sdk/client-servicediscovery";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import { clientsOf } from "../../support/runs.ts";
import type { Moto } from "./server.ts";

/**
 * Names of all that a stack can leave behind, as moto lists them (`listedOfRetail`: those of retail alone). Of the capacity providers only the stack's own is asked
 * for: moto fails when it is asked for all.
 */
export async function listed(moto: Moto): Promise<Record<string, readonly (string | undefined)[]>> {
  const clients = clientsOf(moto);
  const { acm, autoScaling, ec2, ecr, ecs, elbv2, iam, logs, rds, route53, ssm } = clients;
  try {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    const groups = await ec2.send(new DescribeSecurityGroupsCommand({}));
    const templates = await ec2.send(new DescribeLaunchTemplatesCommand({}));
    const volumes = await ec2.send(new DescribeVolumesCommand({}));
    const capacityProviders = ["capacityProviderCurso117"];
    const providers = await ecs.send(new DescribeCapacityProvidersCommand({ capacityProviders }));
    const { clusterArns: names = [] } = await ecs.send(new ListClustersCommand({}));
    const { clusters = [] } = await ecs.send(new DescribeClustersCommand({ clusters: names }));
    const filter = { Filters: [{ Key: "Name" as const, Values: ["/bia-infra"] }] };
    return {
      instances: instances.filter(({ State }) => State?.Name !== "terminated").map(({ InstanceId }) => InstanceId),
      securityGroups: (groups.SecurityGroups ?? []).map(({ GroupName }) => GroupName),
      launchTemplates: (templates.LaunchTemplates ?? []).map(({ LaunchTemplateName }) => LaunchTemplateName),
      volumes: (volumes.Volumes ?? []).map(({ VolumeId }) => VolumeId),
      roles: ((await iam.send(new ListRolesCommand({}))).Roles ?? []).map(({ RoleName }) => RoleName),
      profiles: ((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles ?? []).map(
        ({ InstanceProfileName }) => InstanceProfileName,
      ),
      databases: ((await rds.send(new DescribeDBInstancesCommand({}))).DBInstances ?? []).map(
        ({ DBInstanceIdentifier }) => DBInstanceIdentifier,
      ),
      repositories: ((await ecr.send(new DescribeRepositoriesCommand({}))).repositories ?? []).map(
        ({ repositoryName }) => repositoryName,
      ),
      loadBalancers: ((await elbv2.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? []).map(
        ({ LoadBalancerName }) => LoadBalancerName,
      ),
      targetGroups: ((await elbv2.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? []).map(
        ({ TargetGroupName }) => TargetGroupName,
      ),
      scalingGroups: ((await autoScaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups ?? []).map(
        ({ AutoScalingGroupName }) => AutoScalingGroupName,
      ),
      // moto lists a deleted cluster as AWS describes it: INACTIVE.
      clusters: clusters.filter(({ status }) => status !== "INACTIVE").map(({ clusterName }) => clusterName),
      capacityProviders: (providers.capacityProviders ?? []).map(({ name }) => name),
      taskDefinitions: (await ecs.send(new ListTaskDefinitionsCommand({}))).taskDefinitionArns ?? [],
      logGroups: ((await logs.send(new DescribeLogGroupsCommand({}))).logGroups ?? []).map(
        ({ logGroupName }) => logGroupName,
      ),
      zones: ((await route53.send(new ListHostedZonesCommand({}))).HostedZones ?? []).map(({ Name }) => Name),
      certificates: ((await acm.send(new ListCertificatesCommand({}))).CertificateSummaryList ?? []).map(
        ({ DomainName }) => DomainName,
      ),
      parameters: ((await ssm.send(new DescribeParametersCommand(filter))).Parameters ?? []).map(({ Name }) => Name),
    };
  } finally {
    clients.close();
  }
}

/** Ids of all that is in networks of an account's own, and names of what stack retail has beside bia's, as moto lists them. */
export async function listedOfRetail(moto: Moto): Promise<Record<string, readonly (string | undefined)[]>> {
  const clients = clientsOf(moto);
  const { applicationAutoScaling, cloudWatch, dynamodb, ec2, rds, secretsManager, serviceDiscovery } = clients;
  try {
    const own = { Filters: [{ Name: "is-default", Values: ["false"] }] };
    const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand(own));
    const notDefault = { Filters: [{ Name: "default-for-az", Values: ["false"] }] };
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand(notDefault));
    const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({}));
    const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({}));
    const scaled = { ServiceNamespace: "ecs" as const };
    const { ScalableTargets = [] } = await applicationAutoScaling.send(new DescribeScalableTargetsCommand(scaled));
    return {
      vpcs: Vpcs.map(({ VpcId }) => VpcId),
      subnets: Subnets.map(({ SubnetId }) => SubnetId),
      routeTables: RouteTables.flatMap(({ Associations = [], RouteTableId }) =>
        Associations.some(({ Main }) => Main) ? [] : [RouteTableId],
      ),
      internetGateways: ((await ec2.send(new DescribeInternetGatewaysCommand({}))).InternetGateways ?? []).map(
        ({ InternetGatewayId }) => InternetGatewayId,
      ),
      natGateways: NatGateways.filter(({ State }) => State !== "deleted").map(({ NatGatewayId }) => NatGatewayId),
      addresses: ((await ec2.send(new DescribeAddressesCommand({}))).Addresses ?? []).map(({ PublicIp }) => PublicIp),
      scalableTargets: ScalableTargets.map(({ ResourceId }) => ResourceId),
      alarms: ((await cloudWatch.send(new DescribeAlarmsCommand({}))).MetricAlarms ?? []).map(
        ({ AlarmName }) => AlarmName,
      ),
      namespaces: ((await serviceDiscovery.send(new ListNamespacesCommand({}))).Namespaces ?? []).map(
        ({ Name }) => Name,
      ),
      secrets: ((await secretsManager.send(new ListSecretsCommand({}))).SecretList ?? []).map(({ Name }) => Name),
      subnetGroups: ((await rds.send(new DescribeDBSubnetGroupsCommand({}))).DBSubnetGroups ?? []).map(
        ({ DBSubnetGroupName }) => DBSubnetGroupName,
      ),
      tables: (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [],
    };
  } finally {
    clients.close();
  }
}
