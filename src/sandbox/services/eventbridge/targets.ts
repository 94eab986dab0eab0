import type { Target } from "@aws-sdk/client-eventbridge";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { EventTarget } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { checkBus, type EventOperations, invalid, paged, ruleOf } from "./operation.ts";
import { rulesTo } from "./rules.ts";

/** Targets of a rule. (EventBridge quotas) */
const MOST = 5;
const LOG_GROUP = /^arn:aws:logs:[\w-]+:\d{12}:log-group:[^:]+(:\*)?$/;

/** Where the events of rules go: to log groups. */
export function targetOperations(world: World): EventOperations {
  return {
    PutTargets: {
      accepts: ["Rule", "Targets", "EventBusName"],
      handle({ Rule, Targets = [], EventBusName }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        const rule = ruleOf(region, Rule);
        const put = new Map(rule.hidden.targets.map((target) => [target.Id, target]));
        for (const target of Targets.map(checked)) put.set(target.Id, target);
        if (put.size > MOST) {
          throw new AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
        }
        region.eventbridge.rules.put({ ...rule, hidden: { ...rule.hidden, targets: [...put.values()] } });
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
    },

    RemoveTargets: {
      accepts: ["Rule", "Ids", "EventBusName", "Force"],
      handle({ Rule, Ids = [], EventBusName }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        const rule = ruleOf(region, Rule);
        const targets = rule.hidden.targets.filter(({ Id }) => !Ids.includes(Id));
        region.eventbridge.rules.put({ ...rule, hidden: { ...rule.hidden, targets } });
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
    },

    ListTargetsByRule: {
      accepts: ["Rule", "EventBusName", "NextToken", "Limit"],
      handle({ Rule, EventBusName, ...page }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        const { items, ...rest } = paged(ruleOf(region, Rule).hidden.targets, page, world.pageSize);
        return { Targets: items, ...rest };
      },
    },

    ListRuleNamesByTarget: {
      accepts: ["TargetArn", "EventBusName", "NextToken", "Limit"],
      handle({ TargetArn = "", EventBusName, ...page }, call) {
        const region = world.region(call.region);
        checkBus(region, world, EventBusName);
        const { items, ...rest } = paged(rulesTo(region, TargetArn), page, world.pageSize);
        return { RuleNames: items, ...rest };
      },
    },
  };
}

/** @throws AwsError for what is no target, or none that the sandbox has */
function checked({ Id = "", Arn = "", ...more }: Target): EventTarget {
  if (!Arn.startsWith("arn:")) {
    throw invalid(`Parameter ${Arn} is not valid. Reason: Provided Arn is not in correct format.`);
  }
  if (!LOG_GROUP.test(Arn)) throw notEmulated("targets of rules other than log groups");
  if (more.RoleArn !== undefined) throw invalid(`RoleArn is not supported for target ${Arn}.`);
  const [other] = Object.entries(more).flatMap(([name, value]) => (value === undefined ? [] : name));
  if (other !== undefined) throw notEmulated(`${other} of targets`);
  return { Id, Arn };
}
