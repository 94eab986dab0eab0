import { ListTagsForCertificateCommand, paginateListCertificates } from "@aws-sdk/client-acm";
import {
  ListTagsForResourceCommand as ListTargetTagsCommand,
  paginateDescribeScalableTargets,
} from "@aws-sdk/client-application-auto-scaling";
import {
  ListTagsForResourceCommand as ListLogGroupTagsCommand,
  type LogGroup,
  paginateDescribeLogGroups,
} from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, ListTagsOfResourceCommand, paginateListTables } from "@aws-sdk/client-dynamodb";
import { ListTagsForResourceCommand, paginateDescribeRepositories } from "@aws-sdk/client-ecr";
import {
  ListRulesCommand,
  ListTagsForResourceCommand as ListRuleTagsCommand,
  type Rule,
} from "@aws-sdk/client-eventbridge";
import {
  ListTagsForResourceCommand as ListDatabaseTagsCommand,
  paginateDescribeDBSnapshots,
  paginateDescribeDBSubnetGroups,
} from "@aws-sdk/client-rds";
import { ListTagsForResourcesCommand, paginateListHostedZones, type ResourceTagSet } from "@aws-sdk/client-route-53";
import { paginateListSecrets } from "@aws-sdk/client-secrets-manager";
import {
  ListTagsForResourceCommand as ListNamespaceTagsCommand,
  paginateListNamespaces,
} from "@aws-sdk/client-servicediscovery";
import {
  ListTagsForResourceCommand as ListParameterTagsCommand,
  paginateDescribeParameters,
} from "@aws-sdk/client-ssm";
import { nameIn } from "../arn.ts";
import { chunks } from "../chunks.ts";
import type { AwsClients, Clients } from "../clients.ts";
import { databasesIn, loadBalancersIn, scalingGroupsIn, targetGroupsIn } from "../listings.ts";
import { tagsOf } from "../load-balancing-tags.ts";
import { plainArnOf } from "../log-groups.ts";
import { logPoliciesIn, ownershipIn } from "../log-policies.ts";
import { fromTagList, STACK_TAG } from "../tags.ts";
import type { Tagged } from "./scan.ts";
import { unlessGone } from "./unless-gone.ts";

/** Databases; their listing carries tags. */
export async function rds(clients: AwsClients): Promise<Tagged[]> {
  const databases = await databasesIn(clients);
  return databases.map(({ DBInstanceIdentifier: id = "", TagList }) => ({
    type: "database",
    id,
    tags: fromTagList(TagList),
  }));
}

/** DB subnet groups, one call each for the tags. */
export async function rdsSubnetGroups({ rds: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { DBSubnetGroups = [] } of paginateDescribeDBSubnetGroups({ client }, {})) {
    for (const { DBSubnetGroupName: id = "", DBSubnetGroupArn: ResourceName } of DBSubnetGroups) {
      const answer = await unlessGone(client.send(new ListDatabaseTagsCommand({ ResourceName })));
      if (answer) found.push({ type: "database subnet group", id, tags: fromTagList(answer.TagList) });
    }
  }
  return found;
}

/** Snapshots that carry tags are made by people: with tags of their own, or of a database that hands on its own. */
export async function rdsSnapshots({ rds: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { DBSnapshots = [] } of paginateDescribeDBSnapshots({ client }, { SnapshotType: "manual" })) {
    for (const { DBSnapshotIdentifier: id = "", DBInstanceIdentifier: partOf = "", TagList } of DBSnapshots) {
      found.push({ type: "database snapshot", id, tags: fromTagList(TagList), partOf });
    }
  }
  return found;
}

/** Load balancers and target groups. Listeners and rules go with their balancer. */
export async function elbv2(clients: AwsClients): Promise<Tagged[]> {
  const [balancers, groups] = await Promise.all([loadBalancersIn(clients), targetGroupsIn(clients)]);
  const things = [
    ...balancers.map(({ LoadBalancerArn: id = "" }) => ({ type: "load balancer", id })),
    ...groups.map(({ TargetGroupArn: id = "" }) => ({ type: "target group", id })),
  ];
  const ids = things.map(({ id }) => id);
  const tags = await tagsOf(clients, ids);
  return things.flatMap((thing) => {
    const own = tags.get(thing.id);
    return own ? [{ ...thing, tags: own }] : [];
  });
}

/** Auto Scaling groups; their listing carries tags. */
export async function autoScaling(clients: AwsClients): Promise<Tagged[]> {
  const groups = await scalingGroupsIn(clients);
  return groups.map(({ AutoScalingGroupName: id = "", Tags }) => ({
    type: "auto scaling group",
    id,
    tags: fromTagList(Tags),
  }));
}

/** Scalable targets of services, one call each for the tags. Policies and alarms go with them. */
export async function applicationAutoScaling({ applicationAutoScaling: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  const listing = { ServiceNamespace: "ecs" } as const;
  for await (const { ScalableTargets = [] } of paginateDescribeScalableTargets({ client }, listing)) {
    for (const { ResourceId: id = "", ScalableTargetARN: ResourceARN } of ScalableTargets) {
      const answer = await unlessGone(client.send(new ListTargetTagsCommand({ ResourceARN })));
      if (answer) found.push({ type: "scalable target", id, tags: answer.Tags ?? {} });
    }
  }
  return found;
}

/** Image repositories, one call each for the tags. */
export async function ecr({ ecr: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { repositories = [] } of paginateDescribeRepositories({ client }, {})) {
    for (const { repositoryName: id = "", repositoryArn: resourceArn } of repositories) {
      const answer = await unlessGone(client.send(new ListTagsForResourceCommand({ resourceArn })));
      if (answer) found.push({ type: "repository", id, tags: fromTagList(answer.tags) });
    }
  }
  return found;
}

/** Log groups, one call each for the tags; an account may have hundreds, so those of some are asked for at once. */
export async function logs({ logs: client }: Clients): Promise<Tagged[]> {
  const groups: LogGroup[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {})) groups.push(...logGroups);
  const found: Tagged[] = [];
  for (const some of chunks(groups, 10)) {
    const looks = some.map(async (group) => {
      const { logGroupName: id = "" } = group;
      const resourceArn = plainArnOf(group);
      const answer = await unlessGone(client.send(new ListLogGroupTagsCommand({ resourceArn })));
      return answer ? [{ type: "log group", id, tags: answer.tags ?? {} }] : [];
    });
    found.push(...(await Promise.all(looks)).flat());
  }
  const policies = await logPoliciesIn(client);
  const named = policies.map(({ policyName: id = "", policyDocument = "" }) => {
    return { type: "resource policy", id, tags: ownershipIn(policyDocument) };
  });
  return [...found, ...named];
}

/** Rules of EventBridge, one call each for the tags; their targets go with them. */
export async function eventBridge({ eventBridge: client }: Clients): Promise<Tagged[]> {
  const rules: Rule[] = [];
  let NextToken: string | undefined;
  do {
    const answer = await client.send(new ListRulesCommand({ NextToken }));
    rules.push(...(answer.Rules ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  const found: Tagged[] = [];
  for (const some of chunks(rules, 10)) {
    const looks = some.map(async ({ Name: id = "", Arn }) => {
      const answer = await unlessGone(client.send(new ListRuleTagsCommand({ ResourceARN: Arn })));
      return answer ? [{ type: "rule", id, tags: fromTagList(answer.Tags) }] : [];
    });
    found.push(...(await Promise.all(looks)).flat());
  }
  return found;
}

/** Hosted zones, whose records go with them. */
export async function route53({ route53: client }: Clients): Promise<Tagged[]> {
  const names = new Map<string, string>();
  for await (const { HostedZones = [] } of paginateListHostedZones({ client }, {})) {
    // `/hostedzone/Z123`: the calls for tags take the bare id.
    for (const { Id = "", Name = "" } of HostedZones) names.set(nameIn(Id), Name);
  }
  // At most 10 in a call (route53:ListTagsForResources).
  const answers = chunks([...names.keys()], 10).map((ids) => zoneTags(client, ids));
  return (await Promise.all(answers)).flat().map(({ ResourceId = "", Tags }) => ({
    type: "hosted zone",
    id: `${ResourceId} ${names.get(ResourceId) ?? ""}`,
    tags: fromTagList(Tags),
  }));
}

/** AWS refuses to name any tags when one of the zones is gone: then each is asked for alone. */
async function zoneTags(client: Clients["route53"], ResourceIds: string[]): Promise<ResourceTagSet[]> {
  const request = new ListTagsForResourcesCommand({ ResourceType: "hostedzone", ResourceIds });
  const answer = await unlessGone(client.send(request));
  if (answer) return answer.ResourceTagSets ?? [];
  if (ResourceIds.length === 1) return [];
  return (await Promise.all(ResourceIds.map((id) => zoneTags(client, [id])))).flat();
}

/** Certificates, one call each for the tags. */
export async function acm({ acm: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { CertificateSummaryList = [] } of paginateListCertificates({ client }, {})) {
    for (const { CertificateArn: id = "" } of CertificateSummaryList) {
      const answer = await unlessGone(client.send(new ListTagsForCertificateCommand({ CertificateArn: id })));
      if (answer) found.push({ type: "certificate", id, tags: fromTagList(answer.Tags) });
    }
  }
  return found;
}

/** Parameters, which can be listed by tag; one call each for the other tags. */
export async function ssm({ ssm: client }: Clients, stack: string): Promise<Tagged[]> {
  const ParameterFilters = [{ Key: `tag:${STACK_TAG}`, Values: [stack] }];
  const found: Tagged[] = [];
  for await (const { Parameters = [] } of paginateDescribeParameters({ client }, { ParameterFilters })) {
    for (const { Name: id = "" } of Parameters) {
      const request = new ListParameterTagsCommand({ ResourceType: "Parameter", ResourceId: id });
      const answer = await unlessGone(client.send(request));
      if (answer) found.push({ type: "parameter", id, tags: fromTagList(answer.TagList) });
    }
  }
  return found;
}

/** Secrets that are not scheduled for deletion; their listing carries tags. */
export async function secretsManager({ secretsManager: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { SecretList = [] } of paginateListSecrets({ client }, {})) {
    for (const { Name: id = "", Tags } of SecretList) found.push({ type: "secret", id, tags: fromTagList(Tags) });
  }
  return found;
}

/** Namespaces of Cloud Map, one call each for the tags. Services in them are ECS's own. */
export async function serviceDiscovery({ serviceDiscovery: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { Namespaces = [] } of paginateListNamespaces({ client }, {})) {
    for (const { Arn: ResourceARN, Name: id = "" } of Namespaces) {
      const answer = await unlessGone(client.send(new ListNamespaceTagsCommand({ ResourceARN })));
      if (answer) found.push({ type: "namespace", id, tags: fromTagList(answer.Tags) });
    }
  }
  return found;
}

/** Tables of DynamoDB, whose tags are told by ARN: two calls each. */
export async function dynamodb({ dynamodb: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    for (const id of TableNames) {
      const { Table } = (await unlessGone(client.send(new DescribeTableCommand({ TableName: id })))) ?? {};
      if (!Table) continue;
      const request = new ListTagsOfResourceCommand({ ResourceArn: Table.TableArn });
      const answer = await unlessGone(client.send(request));
      if (answer) found.push({ type: "table", id, tags: fromTagList(answer.Tags) });
    }
  }
  return found;
}
