import { AddTagsCommand, DescribeTagsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { chunks } from "./chunks.ts";
import type { AwsClients } from "./clients.ts";
import { isCode } from "./errors.ts";
import type { SharedReads } from "./shared-reads.ts";
import { fromTagList, STACK_TAG, type Tags, toTagList } from "./tags.ts";

type Aws = Pick<AwsClients, "elbv2" | "shared">;

/** Most resources that one DescribeTags takes. */
const MOST = 20;

/**
 * Tags by ARN, of load balancers, target groups and listeners alike; each is asked for once for all who need it. What is
 * gone by now has no entry. Where ours were seen they stay: an ARN is never given again, and a look that lags shows none.
 */
export async function tagsOf({ elbv2, shared }: Aws, arns: readonly string[]): Promise<Map<string, Tags>> {
  const known = arns.filter((arn) => shared.facts.has(ours(arn)));
  const asked = arns.filter((arn) => !known.includes(arn));
  const found = await shared.each("elbv2 tags", asked, async (missing) => {
    const tags = new Map<string, Tags>();
    for (const part of chunks(missing, MOST)) {
      for (const [arn, of] of await describeTags(elbv2, part)) tags.set(arn, of);
    }
    return tags;
  });
  for (const [arn, tags] of found) if (STACK_TAG in tags) keepTags(shared, arn, tags);
  return new Map([...found, ...known.map((arn) => [arn, shared.facts.get(ours(arn)) as Tags] as const)]);
}

/** Keeps in mind that something was made with these tags, or was seen with ours. */
export function keepTags(shared: SharedReads, arn: string, tags: Tags): void {
  shared.facts.set(ours(arn), tags);
}

function ours(arn: string): string {
  return `tags of ${arn}`;
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
export async function addTags({ elbv2, shared }: Aws, arn: string, tags: Tags): Promise<void> {
  await elbv2.send(new AddTagsCommand({ ResourceArns: [arn], Tags: toTagList(tags) }));
  shared.facts.delete(ours(arn));
}
