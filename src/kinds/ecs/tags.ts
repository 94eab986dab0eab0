import { type Tag, TagResourceCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import type { Tags } from "../../aws/tags.ts";

/** Tags as ECS takes them: its keys begin with a small letter. */
export function toEcsTags(tags: Tags): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** Tags as ECS gives them. */
export function fromEcsTags(list: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((list ?? []).flatMap(({ key, value }) => (key === undefined ? [] : [[key, value ?? ""]])));
}

/** Puts tags on whatever has an ARN; others that it has stay. */
export async function addTags({ ecs }: Aws, resourceArn: string, tags: Tags): Promise<void> {
  await ecs.send(new TagResourceCommand({ resourceArn, tags: toEcsTags(tags) }));
}
