import {
  DescribeCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
} from "@aws-sdk/client-acm";
import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
} from "@aws-sdk/client-ec2";
import {
  DescribeRepositoriesCommand,
  DescribeImagesCommand as DescribeRepositoryImagesCommand,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand as ListRepositoryTagsCommand,
} from "@aws-sdk/client-ecr";
import {
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand as DescribeLoadBalancingTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import {
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand as ListZoneTagsCommand,
} from "@aws-sdk/client-route-53";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { clientsOf } from "./runs.ts";

/** What a service lists, with what differs between two equal worlds (ids, times) left out. */
type Listing = (clients: AwsClients) => Promise<Record<string, unknown>>;

/** Everything that a stack can leave behind, by service. */
const LISTINGS: Readonly<Record<string, Listing>> = { acm, ec2, ecr, elbv2, iam, rds, route53, ssm };

/**
 * Everything that a stack can leave behind, as AWS lists it. What AWS itself keeps is left out: terminated instances,
 * which stay listed for an hour, and service-linked roles.
 */
export async function everything(sandbox: RunningSandbox): Promise<Record<string, unknown>> {
  const clients = clientsOf(sandbox);
  try {
    const listed = await Promise.all(
      Object.entries(LISTINGS).map(async ([service, list]) => [service, await list(clients)] as const),
    );
    return Object.fromEntries(listed);
  } finally {
    clients.close();
  }
}

async function ec2(clients: AwsClients): Promise<Record<string, unknown>> {
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
    instances: living.map(({ State, InstanceType, Tags, IamInstanceProfile, SecurityGroups }) => ({
      state: State?.Name,
      type: InstanceType,
      tags: tagsOf(Tags),
      profile: IamInstanceProfile?.Arn,
      groups: SecurityGroups?.map(({ GroupName }) => GroupName),
    })),
    volumes: volumes.Volumes?.map(({ Size, VolumeType, Tags }) => [Size, VolumeType, tagsOf(Tags)]),
    interfaces: interfaces.NetworkInterfaces?.length,
  };
}

async function ecr({ ecr: client }: AwsClients): Promise<Record<string, unknown>> {
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

async function elbv2({ ec2, elbv2 }: AwsClients): Promise<Record<string, unknown>> {
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

async function iam(clients: AwsClients): Promise<Record<string, unknown>> {
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
  return {
    roles: roles.map(({ RoleName, Path }) => [RoleName, Path]).sort(),
    policies: Object.fromEntries(policies),
    profiles: InstanceProfiles?.map(({ InstanceProfileName, Roles }) => [
      InstanceProfileName,
      Roles?.map(({ RoleName }) => RoleName),
    ]).sort(),
  };
}

async function rds(clients: AwsClients): Promise<Record<string, unknown>> {
  const { DBInstances } = await clients.rds.send(new DescribeDBInstancesCommand({ MaxRecords: 100 }));
  return {
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

async function ssm(clients: AwsClients): Promise<Record<string, unknown>> {
  const { Parameters } = await clients.ssm.send(new DescribeParametersCommand({ MaxResults: 50 }));
  return { parameters: Parameters?.map(({ Name, Type }) => [Name, Type]) };
}

async function acm(clients: AwsClients): Promise<Record<string, unknown>> {
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

async function route53(clients: AwsClients): Promise<Record<string, unknown>> {
  const { HostedZones = [] } = await clients.route53.send(new ListHostedZonesCommand({ MaxItems: 100 }));
  const zones = await Promise.all(
    HostedZones.map(async ({ Id, Name, Config }) => {
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

/** Tags by key, without the receipts of scripts: their command ids differ from run to run. */
function tagsOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string | undefined> {
  const kept = (tags ?? []).map(
    ({ Key = "", Value }) => [Key, Key.startsWith("bia-infra:did:") ? "done" : Value] as const,
  );
  return Object.fromEntries([...kept].sort());
}
