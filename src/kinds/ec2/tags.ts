import { CreateTagsCommand } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { type Tags, toTagList } from "../../aws/tags.ts";

/** Adds tags to whatever has an id, or changes those of the same keys. */
export async function writeTags({ ec2 }: Aws, id: string, tags: Tags): Promise<void> {
  if (Object.keys(tags).length === 0) return;
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: toTagList(tags) }));
}
