import type { Tag } from "@aws-sdk/client-servicediscovery";
import { AwsError } from "../../wire/service.ts";
import type { DiscoveryService, Namespace } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { type DiscoveryOperations, invalidInput } from "./operation.ts";

/** Tags of namespaces and services. */
export function tagOperations(world: World): DiscoveryOperations {
  return {
    TagResource: {
      accepts: ["ResourceARN", "Tags"],
      handle({ ResourceARN, Tags }, { region }) {
        changeTags(world.region(region), ResourceARN, (tags) => mergedTags(tags, Tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["ResourceARN", "TagKeys"],
      handle({ ResourceARN, TagKeys = [] }, { region }) {
        changeTags(world.region(region), ResourceARN, (tags) => tags.filter(({ Key = "" }) => !TagKeys.includes(Key)));
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceARN"],
      handle: ({ ResourceARN }, { region }) => ({ Tags: taggedByArn(world.region(region), ResourceARN).hidden.tags }),
    },
  };
}

const TAG_RULES: TagRules = {
  reserved: (key) => invalidInput(`The tag key ${key} is reserved: it begins with aws:.`),
  tooMany: (most) => new AwsError("TooManyTagsException", `A resource can have no more than ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}

function changeTags(region: Region, arn: string | undefined, changed: (tags: readonly Tag[]) => Tag[]): void {
  const { Id, hidden } = taggedByArn(region, arn);
  const tags = changed(hidden.tags);
  const change = (draft: { hidden: { tags: Tag[] } }) => {
    draft.hidden.tags = tags;
  };
  region.serviceDiscovery.namespaces.update(Id, change);
  region.serviceDiscovery.services.update(Id, change);
}

/** @throws AwsError */
function taggedByArn({ serviceDiscovery }: Region, arn: string | undefined): Namespace | DiscoveryService {
  const { namespaces, services } = serviceDiscovery;
  const found = namespaces.find(({ Arn }) => Arn === arn) ?? services.find(({ Arn }) => Arn === arn);
  if (!found) throw new AwsError("ResourceNotFoundException", `Resource not found: ${arn}`);
  return found;
}
