import { ListTagsForCertificateCommand, paginateListCertificates } from "@aws-sdk/client-acm";
import { paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { ListTagsForResourceCommand, paginateDescribeRepositories } from "@aws-sdk/client-ecr";
import {
  DescribeTagsCommand,
  paginateDescribeLoadBalancers,
  paginateDescribeTargetGroups,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { paginateDescribeDBInstances } from "@aws-sdk/client-rds";
import { ListTagsForResourcesCommand, paginateListHostedZones } from "@aws-sdk/client-route-53";
import {
  ListTagsForResourceCommand as ListParameterTagsCommand,
  paginateDescribeParameters,
} from "@aws-sdk/client-ssm";
import { chunks } from "../chunks.ts";
import type { Clients } from "../clients.ts";
import { fromTagList, STACK_TAG } from "../tags.ts";
import type { Tagged } from "./index.ts";

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
  const answers = chunks([...types.keys()], 20).map((ResourceArns) =>
    client.send(new DescribeTagsCommand({ ResourceArns })),
  );
  return (await Promise.all(answers)).flatMap(({ TagDescriptions = [] }) =>
    TagDescriptions.map(({ ResourceArn: id = "", Tags }) => ({
      type: types.get(id) ?? "",
      id,
      tags: fromTagList(Tags),
    })),
  );
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
      const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
      found.push({ type: "repository", id, tags: fromTagList(tags) });
    }
  }
  return found;
}

/** Hosted zones, whose records go with them. */
export async function route53({ route53: client }: Clients): Promise<Tagged[]> {
  const names = new Map<string, string>();
  for await (const { HostedZones = [] } of paginateListHostedZones({ client }, {})) {
    // `/hostedzone/Z123`: the calls for tags take the bare id.
    for (const { Id = "", Name = "" } of HostedZones) names.set(Id.slice(Id.lastIndexOf("/") + 1), Name);
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
      const { Tags } = await client.send(new ListTagsForCertificateCommand({ CertificateArn: id }));
      found.push({ type: "certificate", id, tags: fromTagList(Tags) });
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
      const { TagList } = await client.send(
        new ListParameterTagsCommand({ ResourceType: "Parameter", ResourceId: id }),
      );
      found.push({ type: "parameter", id, tags: fromTagList(TagList) });
    }
  }
  return found;
}
