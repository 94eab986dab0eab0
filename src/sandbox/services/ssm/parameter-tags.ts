import type { Tag } from "@aws-sdk/client-ssm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Parameter } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type SsmOperations, validation } from "./operation.ts";

const MOST_TAGS = 50;

/** Tags of parameters. */
export function parameterTagOperations(world: World): SsmOperations {
  return {
    AddTagsToResource: {
      accepts: ["ResourceType", "ResourceId", "Tags"],
      handle({ ResourceType, ResourceId, Tags }, { region }) {
        const parameter = parameterOf(world, region, ResourceType, ResourceId);
        world.region(region).ssm.parameters.put({ ...parameter, Tags: mergedTags(parameter.Tags, checkedTags(Tags)) });
        return {};
      },
    },

    RemoveTagsFromResource: {
      accepts: ["ResourceType", "ResourceId", "TagKeys"],
      handle({ ResourceType, ResourceId, TagKeys = [] }, { region }) {
        const parameter = parameterOf(world, region, ResourceType, ResourceId);
        const Tags = parameter.Tags.filter(({ Key = "" }) => !TagKeys.includes(Key));
        world.region(region).ssm.parameters.put({ ...parameter, Tags });
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceType", "ResourceId"],
      handle({ ResourceType, ResourceId }, { region }) {
        return { TagList: parameterOf(world, region, ResourceType, ResourceId).Tags };
      },
    },
  };
}

/** @throws AwsError if AWS would not take one of the tags */
export function checkedTags(tags: readonly Tag[] | undefined): Tag[] {
  return (tags ?? []).map(({ Key = "", Value = "" }) => {
    if (Key === "" || Key.length > 128 || Value.length > 256)
      throw validation(`The tag '${Key}' has an invalid length.`);
    if (/^aws:/i.test(Key)) throw validation("aws: prefixed tag key names are not allowed for external use.");
    return { Key, Value };
  });
}

export function mergedTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  const keys = new Set(added.map(({ Key }) => Key));
  const merged = [...present.filter(({ Key }) => !keys.has(Key)), ...added];
  if (merged.length > MOST_TAGS) {
    throw new AwsError("TooManyTagsError", `The number of tags exceeds the limit of ${MOST_TAGS}.`);
  }
  return merged;
}

function parameterOf(world: World, region: string, type: string | undefined, id: string | undefined): Parameter {
  if (type !== "Parameter") throw notEmulated(`tags of a ${type} in Systems Manager`);
  const parameter = world.region(region).ssm.parameters.get(id ?? "");
  if (!parameter)
    throw new AwsError(
      "InvalidResourceId",
      `The resource ID '${id}' isn't valid. Verify that you entered the correct ID and try again.`,
    );
  return parameter;
}
