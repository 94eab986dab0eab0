import { AwsError } from "../../wire/service.ts";
import type { ScalableTarget } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { invalid, type TargetScalingOperations } from "./operation.ts";

/** Tags of scalable targets. */
export function tagOperations(world: World): TargetScalingOperations {
  return {
    TagResource: {
      accepts: ["ResourceARN", "Tags"],
      handle({ ResourceARN, Tags = {} }, { region }) {
        const target = targetByArn(world, region, ResourceARN);
        putTags(world, region, target, mergedTags(target.hidden.tags, Tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["ResourceARN", "TagKeys"],
      handle({ ResourceARN, TagKeys = [] }, { region }) {
        const target = targetByArn(world, region, ResourceARN);
        const kept = Object.entries(target.hidden.tags).filter(([key]) => !TagKeys.includes(key));
        putTags(world, region, target, Object.fromEntries(kept));
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceARN"],
      handle: ({ ResourceARN }, { region }) => ({ Tags: targetByArn(world, region, ResourceARN).hidden.tags }),
    },
  };
}

const TAG_RULES: TagRules = {
  reserved: (key) => invalid(`The tag key ${key} is reserved: it begins with aws:.`),
  tooMany: (most) => new AwsError("TooManyTagsException", `A resource can have no more than ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: Record<string, string>, added: Record<string, string>): Record<string, string> {
  const list = (tags: Record<string, string>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return Object.fromEntries(merged(list(present), list(added), TAG_RULES).map(({ Key, Value }) => [Key, Value]));
}

function putTags(world: World, region: string, target: ScalableTarget, tags: Record<string, string>): void {
  world.region(region).applicationAutoScaling.targets.put({ ...target, hidden: { ...target.hidden, tags } });
}

function targetByArn(world: World, region: string, arn: string | undefined): ScalableTarget {
  const { targets } = world.region(region).applicationAutoScaling;
  const target = targets.find(({ ScalableTargetARN }) => ScalableTargetARN === arn);
  if (!target) throw new AwsError("ResourceNotFoundException", `The specified resource doesn't exist: ${arn}`);
  return target;
}
