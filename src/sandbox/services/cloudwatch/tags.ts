import type { Tag } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../wire/service.ts";
import type { MetricAlarm } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags, type TagRules } from "../merged-tags.ts";
import type { CloudWatchOperations } from "./operation.ts";

/** Tags of alarms. */
export function tagOperations(world: World): CloudWatchOperations {
  return {
    TagResource: {
      accepts: ["ResourceARN", "Tags"],
      handle({ ResourceARN, Tags }, { region }) {
        const alarm = alarmByArn(world, region, ResourceARN);
        putTags(world, region, alarm, withTags(alarm.tags ?? [], Tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["ResourceARN", "TagKeys"],
      handle({ ResourceARN, TagKeys = [] }, { region }) {
        const alarm = alarmByArn(world, region, ResourceARN);
        const kept = alarm.tags?.filter(({ Key = "" }) => !TagKeys.includes(Key)) ?? [];
        putTags(world, region, alarm, kept);
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceARN"],
      handle: ({ ResourceARN }, { region }) => ({ Tags: alarmByArn(world, region, ResourceARN).tags ?? [] }),
    },
  };
}

const TAG_RULES: TagRules = {
  reserved: (key) => invalid(`The tag key ${key} is reserved: it begins with aws:.`),
  tooMany: (most) => invalid(`A resource can have no more than ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function withTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return mergedTags(present, added, TAG_RULES);
}

function putTags(world: World, region: string, alarm: MetricAlarm, tags: Tag[]): void {
  world.region(region).cloudwatch.alarms.put({ ...alarm, tags });
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}

function alarmByArn(world: World, region: string, arn: string | undefined): MetricAlarm {
  const alarm = world.region(region).cloudwatch.alarms.find(({ AlarmArn }) => AlarmArn === arn);
  if (!alarm) throw new AwsError("ResourceNotFoundException", `Resource not found: ${arn}`);
  return alarm;
}
