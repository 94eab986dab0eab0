import { AddTagsCommand, DescribeTagsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { chunks } from "./chunks.ts";
import type { AwsClients } from "./clients.ts";
import { isCode } from "./errors.ts";
import { fromTagList, type Tags, toTagList } from "./tags.ts";

type Aws = Pick<AwsClients, "elbv2" | "shared">;

/** Most resources that one DescribeTags takes. */
const MOST = 20;

/**
 * Tags by ARN, of load balancers, target groups and listeners alike; each is asked for once for all who need it. What is
 * gone by now has no entry.
 */
export function tagsOf({ elbv2, shared }: Aws, arns: readonly string[]): Promise<Map<string, Tags>> {
  return shared.each("elbv2 tags", arns, async (missing) => {
    const tags = new Map<string, Tags>();
    for (const part of chunks(missing, MOST)) {
      for (const [arn, of] of await describeTags(elbv2, part)) tags.set(arn, of);
    }
    return tags;
  });
}

/** AWS refuses to name any tags when one of the resources is gone: then each is asked for alone. */
async function describeTags(elbv2: Aws["elbv2"], arns: readonly string[]): Promise<[arn: string, tags: Tags][]> {
  try {
    const { TagDescriptions = [] } = await elbv2.send(new DescribeTagsCommand({ ResourceArns: [...arns] }));
    return TagDescriptions.map(({ ResourceArn = "", Tags: list }) => [ResourceArn, fromTagList(list)]);
  } catch (error) {
    if (!isCode(error, "LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound")) throw error;
    if (arns.length === 1) return [];
    return (await Promise.all(arns.map((arn) => describeTags(elbv2, [arn])))).flat();
  }
}

/** Adds tags to one resource. */
export async function addTags({ elbv2 }: Pick<Aws, "elbv2">, arn: string, tags: Tags): Promise<void> {
  await elbv2.send(new AddTagsCommand({ ResourceArns: [arn], Tags: toTagList(tags) }));
}
