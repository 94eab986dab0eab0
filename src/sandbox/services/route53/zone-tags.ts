import type { ResourceTagSet, TagResourceType } from "@aws-sdk/client-route-53";
import { notEmulated } from "../../wire/service.ts";
import { withoutPrefix } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags, type TagRules } from "../merged-tags.ts";
import { invalidInput, type Route53Operations, zoneOf, zoneToChange } from "./operation.ts";

const MOST_IN_CALL = 10;

/** Tags of hosted zones. A zone cannot be made with tags: they need a call of their own. */
export function zoneTagOperations(world: World): Route53Operations {
  return {
    ChangeTagsForResource: {
      accepts: ["ResourceType", "ResourceId", "AddTags", "RemoveTagKeys"],
      handle({ ResourceType, ResourceId, AddTags = [], RemoveTagKeys = [] }) {
        checkType(ResourceType);
        const zone = zoneToChange(world, ResourceId);
        if (AddTags.length + RemoveTagKeys.length === 0) {
          throw invalidInput("You must specify at least one of AddTags and RemoveTagKeys.");
        }
        if (AddTags.length > MOST_IN_CALL || RemoveTagKeys.length > MOST_IN_CALL) {
          throw invalidInput(`At most ${MOST_IN_CALL} tags can be added and removed at once.`);
        }
        const left = zone.hidden.tags.filter(({ Key = "" }) => !RemoveTagKeys.includes(Key));
        const tags = mergedTags(left, AddTags, TAG_RULES);
        world.route53.hostedZones.put({ ...zone, hidden: { ...zone.hidden, tags } });
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceType", "ResourceId"],
      handle({ ResourceType, ResourceId }) {
        checkType(ResourceType);
        return { ResourceTagSet: tagSet(world, ResourceId) };
      },
    },

    ListTagsForResources: {
      accepts: ["ResourceType", "ResourceIds"],
      handle({ ResourceType, ResourceIds = [] }) {
        checkType(ResourceType);
        if (ResourceIds.length === 0 || ResourceIds.length > MOST_IN_CALL) {
          throw invalidInput(`The tags of 1 to ${MOST_IN_CALL} resources can be listed at once.`);
        }
        return { ResourceTagSets: ResourceIds.map((id) => tagSet(world, id)) };
      },
    },
  };
}

function checkType(type: TagResourceType | undefined): void {
  if (type !== "hostedzone") throw notEmulated(`tags of a ${type}`);
}

function tagSet(world: World, id: string | undefined): ResourceTagSet {
  const { Id, hidden } = zoneOf(world, id);
  return { ResourceType: "hostedzone", ResourceId: withoutPrefix(Id), Tags: hidden.tags };
}

const notValid = (key: string) => invalidInput(`The tag ${key} is not valid.`);

const TAG_RULES: TagRules = {
  badLength: notValid,
  reserved: notValid,
  tooMany: (most) => invalidInput(`A resource can have at most ${most} tags.`),
};
