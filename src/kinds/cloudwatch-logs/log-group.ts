import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { logGroupNamed, plainArnOf } from "../../aws/log-groups.ts";
import type { Tags } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** A group of CloudWatch Logs. Names are unique in an account's region. */
export interface LogGroupDesired {
  readonly name: string;
  /** Days after which events go; AWS knows some numbers only (PutRetentionPolicy, retentionInDays). */
  readonly retention: number;
}

/** A log group as AWS has it. */
export interface LogGroup {
  readonly name: string;
  /** Without `:*` at its end, as the calls for tags take it. */
  readonly arn: string;
  /** Days; undefined: events stay for ever. */
  readonly retention: number | undefined;
  readonly tags: Tags;
}

/** A log group with how long it keeps events. It is found by its name. */
export const logGroup: Kind<LogGroupDesired, LogGroup, Aws> = {
  type: "cloudwatch-logs.log-group",
  async find(aws, { name }) {
    const found = await logGroupNamed(aws, name);
    if (!found) return undefined;
    const arn = plainArnOf(found);
    const tags = await tagsOf(aws.logs, arn);
    return tags && { name, arn, retention: found.retentionInDays, tags };
  },
  diff: ({ retention }, actual) => change("retention", inWords(actual.retention), inWords(retention)),
  async create({ logs, ownership }, { name }) {
    // How long it keeps events is left to `update`: CloudWatch Logs may still be busy with the new group.
    await logs.send(new CreateLogGroupCommand({ logGroupName: name, tags: { ...ownership } }));
  },
  async update({ logs }, { name, retention }, actual) {
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: name, retentionInDays: retention }));
    return { ...actual, retention };
  },
  async remove({ logs }, { name }) {
    await logs.send(new DeleteLogGroupCommand({ logGroupName: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ logs }, { arn }, tags) {
    await logs.send(new TagResourceCommand({ resourceArn: arn, tags: { ...tags } }));
  },
  holds: "what was logged to it",
  describe: ({ retention }) => `keeps ${inWords(retention)}`,
  goneAtOnce: true,
  limits: { usually: 1, ready: 60, gone: 60 },
};

/** Undefined: it is gone, although a listing may still show it. */
async function tagsOf(logs: CloudWatchLogsClient, resourceArn: string): Promise<Tags | undefined> {
  try {
    return (await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags ?? {};
  } catch (error) {
    if (isCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

function inWords(days: number | undefined): string {
  if (days === undefined) return "for ever";
  return days === 1 ? "1 day" : `${days} days`;
}
