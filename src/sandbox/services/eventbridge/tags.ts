import type { Tag } from "@aws-sdk/client-eventbridge";
import { AwsError } from "../../wire/service.ts";
import type { EventRule } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { type EventOperations, invalid } from "./operation.ts";

/** Tags of rules. */
export function tagOperations(world: World): EventOperations {
  return {
    TagResource: {
      accepts: ["ResourceARN", "Tags"],
      handle({ ResourceARN, Tags }, call) {
        const region = world.region(call.region);
        const rule = ruleByArn(region, ResourceARN);
        putTags(region, rule, mergedTags(rule.hidden.tags, Tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["ResourceARN", "TagKeys"],
      handle({ ResourceARN, TagKeys = [] }, call) {
        const region = world.region(call.region);
        const rule = ruleByArn(region, ResourceARN);
        putTags(
          region,
          rule,
          rule.hidden.tags.filter(({ Key = "" }) => !TagKeys.includes(Key)),
        );
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceARN"],
      handle: ({ ResourceARN }, { region }) => ({ Tags: ruleByArn(world.region(region), ResourceARN).hidden.tags }),
    },
  };
}

const TAG_RULES: TagRules = {
  reserved: (key) => invalid(`The tag key ${key} is reserved: it begins with aws:.`),
  tooMany: (most) => new AwsError("LimitExceededException", `A resource can have no more than ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}

function putTags({ eventbridge }: Region, rule: EventRule, tags: Tag[]): void {
  eventbridge.rules.put({ ...rule, hidden: { ...rule.hidden, tags } });
}

/** @throws AwsError */
function ruleByArn({ eventbridge }: Region, arn = ""): EventRule {
  const rule = eventbridge.rules.find(({ Arn }) => Arn === arn);
  const [, name = arn] = /:rule\/(.+)$/.exec(arn) ?? [];
  if (!rule) throw new AwsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus default.`);
  return rule;
}
