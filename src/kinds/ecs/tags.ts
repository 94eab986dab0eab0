import { TagResourceCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { type Tags, toEcsTags } from "../../aws/tags.ts";

/** Puts tags on whatever has an ARN; others that it has stay. */
export async function addTags({ ecs }: Aws, resourceArn: string, tags: Tags): Promise<void> {
  await ecs.send(new TagResourceCommand({ resourceArn, tags: toEcsTags(tags) }));
}
