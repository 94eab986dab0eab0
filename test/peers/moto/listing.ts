import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
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
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { ListHostedZonesCommand } from "@aws-sdk/client-route-53";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import { clientsOf } from "../../support/runs.ts";
import type { Moto } from "./server.ts";

/**
 * Names of all that the stack can leave behind, as moto lists them. Of the capacity providers only the stack's own is asked
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
