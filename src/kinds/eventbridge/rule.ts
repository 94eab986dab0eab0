import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  type DescribeRuleResponse,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import { Explained } from "../../engine/errors.ts";
import type { Kind } from "../../engine/task.ts";

/** Which events go where. Names are unique on an event bus; this is the account's default one. */
export interface RuleDesired {
  readonly name: string;
  /** What events have to look like, as JSON has it. */
  readonly pattern: object;
  /** ARN of the log group that they go to, without `:*` at its end. Its resource policy has to allow that, or nothing arrives. */
  readonly logGroup: string;
}

/** A rule with its targets as AWS has it. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  /** JSON; empty: it goes by a schedule. */
  readonly pattern: string;
  /** `ENABLED`, `DISABLED` or another way to be enabled. */
  readonly state: string;
  /** ARNs by id. */
  readonly targets: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/** The id of our target. */
const TARGET = "bia-infra";

/** A rule of EventBridge that brings events to a log group. */
export const rule: Kind<RuleDesired, Rule, Aws> = {
  type: "eventbridge.rule",
  async find({ eventBridge }, { name }) {
    const found = await unlessMissing(eventBridge.send(new DescribeRuleCommand({ Name: name })));
    if (!found) return undefined;
    const [targets, answer] = await Promise.all([
      unlessMissing(eventBridge.send(new ListTargetsByRuleCommand({ Rule: name }))),
      unlessMissing(eventBridge.send(new ListTagsForResourceCommand({ ResourceARN: found.Arn }))),
    ]);
    return targets && answer && fromAws(found, targets.Targets ?? [], fromTagList(answer.Tags));
  },
  diff: ({ pattern, logGroup }, actual) => [
    ...change("pattern", sameWay(actual.pattern), sameWay(JSON.stringify(pattern))),
    ...change("state", actual.state, "ENABLED"),
    ...change("target", actual.targets[TARGET]?.replace(/:\*$/, ""), logGroup),
  ],
  async create({ eventBridge, ownership }, { name, pattern }) {
    // Its target is left to `update`; tags are taken with the first put only. (PutRule)
    const request = { Name: name, EventPattern: JSON.stringify(pattern), Tags: toTagList(ownership) };
    await eventBridge.send(new PutRuleCommand(request));
  },
  async update({ eventBridge }, { name, pattern, logGroup }, actual, changes) {
    if (changes.some(({ field }) => field !== "target")) {
      await eventBridge.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify(pattern) }));
    }
    const targets = { ...actual.targets, [TARGET]: logGroup };
    if (changes.some(({ field }) => field === "target")) {
      const request = new PutTargetsCommand({ Rule: name, Targets: [{ Id: TARGET, Arn: logGroup }] });
      const { FailedEntries = [] } = await eventBridge.send(request);
      const [failed] = FailedEntries;
      if (failed) throw new Explained(`${failed.ErrorCode}: ${failed.ErrorMessage}`, "Run the same command again.");
    }
    return { ...actual, pattern: JSON.stringify(pattern), state: "ENABLED", targets };
  },
  async remove({ eventBridge }, { name, targets }) {
    const Ids = Object.keys(targets);
    if (Ids.length > 0) {
      await unlessMissing(eventBridge.send(new RemoveTargetsCommand({ Rule: name, Ids })));
    }
    await eventBridge.send(new DeleteRuleCommand({ Name: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ eventBridge }, { arn }, tags) {
    await eventBridge.send(new TagResourceCommand({ ResourceARN: arn, Tags: toTagList(tags) }));
  },
  addedByOthers: ({ targets }) =>
    Object.entries(targets).flatMap(([id, arn]) => (id === TARGET ? [] : [`events to ${arn}`])),
  describe: ({ state, targets }) =>
    `${state === "ENABLED" ? "events" : `${state.toLowerCase()}, events`} to ${Object.values(targets).join(", ") || "nowhere"}`,
  goneAtOnce: true,
  limits: { usually: 1, ready: 60, gone: 60 },
};

function fromAws(found: DescribeRuleResponse, targets: readonly Target[], tags: Tags): Rule {
  return {
    name: found.Name ?? "",
    arn: found.Arn ?? "",
    pattern: found.EventPattern ?? "",
    state: found.State ?? "",
    targets: Object.fromEntries(targets.map(({ Id = "", Arn = "" }) => [Id, Arn])),
    tags,
  };
}

/** JSON with its members in one order, so that two that say the same are the same. */
function sameWay(json: string): string {
  return json === "" ? "none" : JSON.stringify(sorted(JSON.parse(json)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, sorted(one)] as const);
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function unlessMissing<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}
