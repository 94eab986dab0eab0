import type { Tag } from "@aws-sdk/client-ssm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { parameterNamed } from "../../world/parameters.ts";
import type { Parameter } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { type SsmOperations, validation } from "./operation.ts";

/** Tags of parameters. */
export function parameterTagOperations(world: World): SsmOperations {
  return {
    AddTagsToResource: {
      accepts: ["ResourceType", "ResourceId", "Tags"],
      handle({ ResourceType, ResourceId, Tags }, { region }) {
        const parameter = parameterOf(world, region, ResourceType, ResourceId);
        world.region(region).ssm.parameters.put({ ...parameter, Tags: mergedTags(parameter.Tags, Tags) });
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

const TAG_RULES: TagRules = {
  badLength: (key) => validation(`The tag '${key}' has an invalid length.`),
  reserved: () => validation("aws: prefixed tag key names are not allowed for external use."),
  tooMany: (most) => new AwsError("TooManyTagsError", `The number of tags exceeds the limit of ${most}.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}

function parameterOf(world: World, region: string, type: string | undefined, id: string | undefined): Parameter {
  if (type !== "Parameter") throw notEmulated(`tags of a ${type} in Systems Manager`);
  const parameter = parameterNamed(world.region(region), id ?? "");
  if (!parameter)
    throw new AwsError(
      "InvalidResourceId",
      `The resource ID '${id}' isn't valid. Verify that you entered the correct ID and try again.`,
    );
  return parameter;
}
