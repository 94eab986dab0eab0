import { randomUUID } from "node:crypto";
import type { Rule } from "@aws-sdk/client-eventbridge";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { InvalidPattern, patternOf } from "../../world/eventbridge/pattern.ts";
import type { EventRule } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkBus, type EventOperations, invalid, paged, ruleOf } from "./operation.ts";
import { mergedTags } from "./tags.ts";

/** Rules of the default bus. None of them is made at times, by a schedule. */
export function ruleOperations(world: World): EventOperations {
  const switched = (state: "ENABLED" | "DISABLED") => ({
    accepts: ["Name", "EventBusName"] as const,
    handle(
      { Name, EventBusName }: { Name: string | undefined; EventBusName?: string | undefined },
      call: { region: string },
    ) {
      const region = world.region(call.region);
      checkBus(region, world, EventBusName);
      region.eventbridge.rules.put({ ...ruleOf(region, Name), State: state });
      return {};
    },
  });

  return {
    PutRule: {
      accepts: ["Name", "EventPattern", "State", "Description", "Tags", "EventBusName", "ScheduleExpression"],
      handle({ Name = "", EventPattern, State = "ENABLED", Description, Tags, EventBusName, ...input }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        if (input.ScheduleExpression !== undefined) throw notEmulated("rules with a schedule");
        if (EventPattern === undefined) {
          throw invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
        }
        if (State !== "ENABLED" && State !== "DISABLED") throw notEmulated(`rules of the state ${State}`);
        checkPattern(EventPattern);
        const present = region.eventbridge.rules.get(Name);
        const Arn = `arn:aws:events:${region.name}:${call.account}:rule/${Name}`;
        region.eventbridge.rules.put({
          Name,
          Arn,
          EventPattern,
          State,
          EventBusName: "default",
          CreatedBy: call.account,
          // What is not named is gone; of a rule that is there tags are not looked at. (PutRule)
          ...(Description !== undefined && { Description }),
          hidden: present?.hidden ?? { tags: mergedTags([], Tags), targets: [], stream: randomUUID() },
        });
        return { RuleArn: Arn };
      },
    },

    DescribeRule: {
      accepts: ["Name", "EventBusName"],
      handle({ Name, EventBusName }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        return ruleOf(region, Name);
      },
    },

    ListRules: {
      accepts: ["NamePrefix", "EventBusName", "NextToken", "Limit"],
      handle({ NamePrefix = "", EventBusName, ...page }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        const found = region.eventbridge.rules.filter(({ Name }) => Name.startsWith(NamePrefix));
        const { items, ...rest } = paged(found.sort(byName), page, world.pageSize);
        return { Rules: items.map(listed), ...rest };
      },
    },

    DeleteRule: {
      accepts: ["Name", "EventBusName", "Force"],
      handle({ Name = "", EventBusName }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        const rule = region.eventbridge.rules.get(Name);
        if (rule && rule.hidden.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.");
        region.eventbridge.rules.delete(Name);
        return {};
      },
    },

    EnableRule: switched("ENABLED"),
    DisableRule: switched("DISABLED"),

    TestEventPattern: {
      accepts: ["EventPattern", "Event"],
      handle({ EventPattern = "", Event = "" }) {
        const matches = checkPattern(EventPattern);
        return { Result: matches(eventIn(Event)) };
      },
    },
  };
}

/** @throws AwsError in AWS's words */
function checkPattern(text: string): (event: object) => boolean {
  try {
    return patternOf(text);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${error.message}`);
  }
}

function eventIn(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw invalid("Event is not valid. Reason: it is not valid JSON");
  }
}

function listed({ CreatedBy: _account, ...rule }: EventRule): Rule {
  return rule;
}

function byName(one: EventRule, other: EventRule): number {
  return one.Name < other.Name ? -1 : 1;
}

/** Rules that a target is of, by their names. */
export function rulesTo({ eventbridge }: Region, arn: string): string[] {
  const found = eventbridge.rules.filter(({ hidden }) => hidden.targets.some(({ Arn }) => Arn === arn));
  return found.sort(byName).map(({ Name }) => Name);
}
