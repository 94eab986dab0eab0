import {
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  paginateListClusters,
  paginateListServices,
  paginateListTaskDefinitionFamilies,
} from "@aws-sdk/client-ecs";
import { chunks } from "../chunks.ts";
import type { Clients } from "../clients.ts";
import { fromEcsTags } from "../tags.ts";
import type { Tagged } from "./scan.ts";
import { unlessGone } from "./unless-gone.ts";

/** Clusters, services, capacity providers and task definitions that are in use. INACTIVE ones stay listed and do not count. */
export async function ecs({ ecs: client }: Clients): Promise<Tagged[]> {
  const clusters = await list(paginateListClusters({ client }, {}), ({ clusterArns }) => clusterArns);
  const found = await Promise.all([
    clustersOf(client, clusters),
    ...clusters.map(async (cluster) => (await unlessGone(servicesOf(client, cluster))) ?? []),
    capacityProviders(client),
    taskDefinitions(client),
  ]);
  return found.flat();
}

async function list<Page>(pages: AsyncIterable<Page>, read: (page: Page) => string[] | undefined): Promise<string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(...(read(page) ?? []));
  return all;
}

/** At most 100 in a call (ecs:DescribeClusters). */
async function clustersOf(client: ECSClient, arns: readonly string[]): Promise<Tagged[]> {
  const answers = chunks(arns, 100).map((clusters) =>
    client.send(new DescribeClustersCommand({ clusters, include: ["TAGS"] })),
  );
  return (await Promise.all(answers)).flatMap(({ clusters = [] }) =>
    clusters
      .filter(({ status }) => status !== "INACTIVE")
      .map(({ clusterName = "", tags }) => ({ type: "cluster", id: clusterName, tags: fromEcsTags(tags) })),
  );
}

/** At most 10 in a call (ecs:DescribeServices). */
async function servicesOf(client: ECSClient, cluster: string): Promise<Tagged[]> {
  const arns = await list(paginateListServices({ client }, { cluster }), ({ serviceArns }) => serviceArns);
  const answers = chunks(arns, 10).map((services) =>
    client.send(new DescribeServicesCommand({ cluster, services, include: ["TAGS"] })),
  );
  return (await Promise.all(answers)).flatMap(({ services = [] }) =>
    services
      .filter(({ status }) => status === "ACTIVE")
      .map(({ serviceName = "", tags }) => ({ type: "service", id: serviceName, tags: fromEcsTags(tags) })),
  );
}

async function capacityProviders(client: ECSClient): Promise<Tagged[]> {
  const found: Tagged[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new DescribeCapacityProvidersCommand({ include: ["TAGS"], nextToken }));
    for (const { name = "", status, tags } of page.capacityProviders ?? [])
      if (status !== "INACTIVE") found.push({ type: "capacity provider", id: name, tags: fromEcsTags(tags) });
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

/** Families that are asked about at once: an account may have hundreds, and ECS allows 20 such calls a second. */
const AT_ONCE = 10;

/** The newest revision of each family that has an active one. */
async function taskDefinitions(client: ECSClient): Promise<Tagged[]> {
  const families = await list(
    paginateListTaskDefinitionFamilies({ client }, { status: "ACTIVE" }),
    ({ families }) => families,
  );
  const found: Tagged[] = [];
  for (const part of chunks(families, AT_ONCE)) {
    const looks = part.map(async (taskDefinition): Promise<Tagged[]> => {
      const request = new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] });
      const answer = await unlessGone(client.send(request));
      return answer ? [{ type: "task definition", id: taskDefinition, tags: fromEcsTags(answer.tags) }] : [];
    });
    found.push(...(await Promise.all(looks)).flat());
  }
  return found;
}
