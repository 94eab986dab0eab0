import { ListTagsForCertificateCommand, paginateListCertificates } from "@aws-sdk/client-acm";
import { paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { ListTagsForResourceCommand, paginateDescribeRepositories } from "@aws-sdk/client-ecr";
import {
  DescribeTagsCommand,
  paginateDescribeLoadBalancers,
  paginateDescribeTargetGroups,
  type TagDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { paginateDescribeDBInstances } from "@aws-sdk/client-rds";
import { ListTagsForResourcesCommand, paginateListHostedZones } from "@aws-sdk/client-route-53";
import {
  ListTagsForResourceCommand as ListParameterTagsCommand,
  paginateDescribeParameters,
} from "@aws-sdk/client-ssm";
import { nameIn } from "../arn.ts";
import { chunks } from "../chunks.ts";
import type { Clients } from "../clients.ts";
import { fromTagList, STACK_TAG } from "../tags.ts";
import type { Tagged } from "./scan.ts";
import { unlessGone } from "./unless-gone.ts";

/** Databases; their listing carries tags. */
export async function rds({ rds: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client }, {})) {
    for (const { DBInstanceIdentifier: id = "", TagList } of DBInstances)
      found.push({ type: "database", id, tags: fromTagList(TagList) });
  }
  return found;
}

/** Load balancers and target groups. Listeners and rules go with their balancer. */
export async function elbv2({ elbv2: client }: Clients): Promise<Tagged[]> {
  const types = new Map<string, string>();
  for await (const { LoadBalancers = [] } of paginateDescribeLoadBalancers({ client }, {})) {
    for (const { LoadBalancerArn = "" } of LoadBalancers) types.set(LoadBalancerArn, "load balancer");
  }
  for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client }, {})) {
    for (const { TargetGroupArn = "" } of TargetGroups) types.set(TargetGroupArn, "target group");
  }
  // At most 20 in a call (elasticloadbalancing:DescribeTags).
  const answers = chunks([...types.keys()], 20).map((arns) => describeTags(client, arns));
  return (await Promise.all(answers))
    .flat()
    .map(({ ResourceArn: id = "", Tags }) => ({ type: types.get(id) ?? "", id, tags: fromTagList(Tags) }));
}

/** AWS refuses to name any tags when one of the resources is gone: then each is asked for alone. */
async function describeTags(client: Clients["elbv2"], ResourceArns: string[]): Promise<TagDescription[]> {
  const answer = await unlessGone(client.send(new DescribeTagsCommand({ ResourceArns })));
  if (answer) return answer.TagDescriptions ?? [];
  if (ResourceArns.length === 1) return [];
  return (await Promise.all(ResourceArns.map((arn) => describeTags(client, [arn])))).flat();
}

/** Auto Scaling groups; their listing carries tags. */
export async function autoScaling({ autoScaling: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client }, {})) {
    for (const { AutoScalingGroupName: id = "", Tags } of AutoScalingGroups)
      found.push({ type: "auto scaling group", id, tags: fromTagList(Tags) });
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

/** Hosted zones, whose records go with them. */
export async function route53({ route53: client }: Clients): Promise<Tagged[]> {
  const names = new Map<string, string>();
  for await (const { HostedZones = [] } of paginateListHostedZones({ client }, {})) {
    // `/hostedzone/Z123`: the calls for tags take the bare id.
    for (const { Id = "", Name = "" } of HostedZones) names.set(nameIn(Id), Name);
  }
  // At most 10 in a call (route53:ListTagsForResources).
  const answers = chunks([...names.keys()], 10).map((ResourceIds) =>
    client.send(new ListTagsForResourcesCommand({ ResourceType: "hostedzone", ResourceIds })),
  );
  return (await Promise.all(answers)).flatMap(({ ResourceTagSets = [] }) =>
    ResourceTagSets.map(({ ResourceId = "", Tags }) => ({
      type: "hosted zone",
      id: `${ResourceId} ${names.get(ResourceId) ?? ""}`,
      tags: fromTagList(Tags),
    })),
  );
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
