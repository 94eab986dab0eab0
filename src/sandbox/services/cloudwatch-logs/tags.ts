import { AwsError } from "../../wire/service.ts";
import type { LogGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { groupOf, invalid, type LogsOperations } from "./operation.ts";

/** Tags of log groups. */
export function tagOperations(world: World): LogsOperations {
  return {
    TagResource: {
      accepts: ["resourceArn", "tags"],
      handle({ resourceArn, tags = {} }, { region }) {
        const group = groupByArn(world, region, resourceArn);
        putTags(world, region, group, mergedTags(group.hidden.tags, tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["resourceArn", "tagKeys"],
      handle({ resourceArn, tagKeys = [] }, { region }) {
        const group = groupByArn(world, region, resourceArn);
        const kept = Object.entries(group.hidden.tags).filter(([key]) => !tagKeys.includes(key));
        putTags(world, region, group, Object.fromEntries(kept));
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["resourceArn"],
      handle: ({ resourceArn }, { region }) => ({ tags: groupByArn(world, region, resourceArn).hidden.tags }),
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

function putTags(world: World, region: string, group: LogGroup, tags: Record<string, string>): void {
  world.region(region).logs.groups.put({ ...group, hidden: { ...group.hidden, tags } });
}

/** By the ARN without `:*` at its end, other than most calls. (LogGroup, logGroupArn) */
function groupByArn(world: World, region: string, arn = ""): LogGroup {
  const [, of, account, name] = /^arn:aws:logs:([\w-]+):(\d{12}):log-group:([^:*]+)$/.exec(arn) ?? [];
  if (of !== region || account !== world.account) throw invalid(`The resource ARN ${arn} is not valid.`);
  return groupOf(world, region, { logGroupName: name });
}
