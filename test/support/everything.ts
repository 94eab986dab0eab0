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
import { ListAttachedRolePoliciesCommand, ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { clientsOf } from "./runs.ts";

/** What a service lists, with what differs between two equal worlds (ids, times) left out. */
type Listing = (clients: AwsClients) => Promise<Record<string, unknown>>;

/** Everything that a stack can leave behind, by service. */
const LISTINGS: Readonly<Record<string, Listing>> = { ec2, ecr, iam, ssm };

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

async function iam(clients: AwsClients): Promise<Record<string, unknown>> {
  const [{ Roles = [] }, { InstanceProfiles }] = await Promise.all([
    clients.iam.send(new ListRolesCommand({ MaxItems: 100 })),
    clients.iam.send(new ListInstanceProfilesCommand({ MaxItems: 100 })),
  ]);
  const roles = Roles.filter(({ Path }) => !Path?.startsWith("/aws-service-role/"));
  const policies = await Promise.all(
    roles.map(async ({ RoleName }) => {
      const attached = await clients.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
      return [RoleName, attached.AttachedPolicies?.map(({ PolicyName }) => PolicyName).sort()];
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

async function ssm(clients: AwsClients): Promise<Record<string, unknown>> {
  const { Parameters } = await clients.ssm.send(new DescribeParametersCommand({ MaxResults: 50 }));
  return { parameters: Parameters?.map(({ Name, Type }) => [Name, Type]) };
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
