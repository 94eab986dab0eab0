import type { Tag } from "@aws-sdk/client-dynamodb";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { type DynamoOperations, tableOf, validation } from "./operation.ts";

/** Tags of tables, by ARN. */
export function tagOperations(world: World): DynamoOperations {
  function putTags(region: string, arn: string | undefined, changed: (tags: readonly Tag[]) => Tag[]): void {
    const { tables } = world.region(region).dynamodb;
    const table = tableOf(world, world.region(region), arn);
    tables.put({ ...table, hidden: { ...table.hidden, tags: changed(table.hidden.tags) } });
  }

  return {
    TagResource: {
      accepts: ["ResourceArn", "Tags"],
      handle({ ResourceArn, Tags }, { region }) {
        putTags(region, ResourceArn, (tags) => mergedTags(tags, Tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["ResourceArn", "TagKeys"],
      handle({ ResourceArn, TagKeys = [] }, { region }) {
        putTags(region, ResourceArn, (tags) => tags.filter(({ Key = "" }) => !TagKeys.includes(Key)));
        return {};
      },
    },

    ListTagsOfResource: {
      accepts: ["ResourceArn"],
      handle: ({ ResourceArn }, { region }) => ({
        Tags: tableOf(world, world.region(region), ResourceArn).hidden.tags,
      }),
    },
  };
}

const TAG_RULES: TagRules = {
  reserved: (key) => validation(`One or more parameter values were invalid: The tag key ${key} begins with aws:.`),
  tooMany: (most) => validation(`One or more parameter values were invalid: Too many tags: the most are ${most}`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}
