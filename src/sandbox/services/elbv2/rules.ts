import { AwsError, type Call } from "../../wire/service.ts";
import type { Listener, Rule } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkedActions } from "./actions.ts";
import { associateTargetGroups } from "./associations.ts";
import { checkedConditions } from "./conditions.ts";
import { type ElbOperations, listenerOf, mergedTags, newArn, paged, ruleOf, validationError } from "./operation.ts";

/** Rules of listeners. Each listener has a default one, which is part of it. */
export function ruleOperations(world: World): ElbOperations {
  return {
    CreateRule: {
      accepts: ["ListenerArn", "Conditions", "Priority", "Actions", "Tags"],
      handle({ ListenerArn, Conditions, Priority, Actions, Tags }, call) {
        const region = world.region(call.region);
        const listener = listenerOf(region, ListenerArn);
        const rule: Rule = {
          RuleArn: newRuleArn(call, listener),
          ListenerArn: listener.ListenerArn,
          Priority: checkedPriority(Priority),
          Conditions: checkedConditions(Conditions),
          Actions: checkedActions(region, listener.LoadBalancerArn, Actions),
          hidden: { tags: mergedTags([], Tags) },
        };
        checkFree(region, [rule]);
        region.elbv2.rules.put(rule);
        associateTargetGroups(world, region);
        return { Rules: [shape(rule)] };
      },
    },

    DescribeRules: {
      accepts: ["ListenerArn", "RuleArns", "Marker", "PageSize"],
      handle(input, { region: name }) {
        const { ListenerArn, RuleArns: arns } = input;
        const region = world.region(name);
        if (!ListenerArn === !arns?.length) {
          throw validationError("You must specify either listener rule ARNs or a listener ARN");
        }
        const listeners = ListenerArn ? [listenerOf(region, ListenerArn)] : region.elbv2.listeners.all();
        const all = listeners.flatMap((listener) => [...rulesOf(region, listener).map(shape), defaultShape(listener)]);
        const rules = all.filter(({ RuleArn }) => !arns?.length || arns.includes(RuleArn));
        if (arns && rules.length < arns.length) throw new AwsError("RuleNotFound", "One or more rules not found");
        const { items, ...rest } = paged(rules, input, world.pageSize);
        return { Rules: items, ...rest };
      },
    },

    ModifyRule: {
      accepts: ["RuleArn", "Conditions", "Actions"],
      handle({ RuleArn = "", Conditions, Actions }, { region: name }) {
        const region = world.region(name);
        refuseDefault(region, RuleArn, "modified");
        const rule = ruleOf(region, RuleArn);
        const { LoadBalancerArn } = listenerOf(region, rule.ListenerArn);
        const changed = region.elbv2.rules.put({
          ...rule,
          ...(Conditions && { Conditions: checkedConditions(Conditions) }),
          ...(Actions && { Actions: checkedActions(region, LoadBalancerArn, Actions) }),
        });
        associateTargetGroups(world, region);
        return { Rules: [shape(changed)] };
      },
    },

    DeleteRule: {
      accepts: ["RuleArn"],
      handle({ RuleArn = "" }, { region: name }) {
        const region = world.region(name);
        refuseDefault(region, RuleArn, "deleted");
        region.elbv2.rules.delete(ruleOf(region, RuleArn).RuleArn);
        associateTargetGroups(world, region);
        return {};
      },
    },

    SetRulePriorities: {
      accepts: ["RulePriorities"],
      handle({ RulePriorities = [] }, { region: name }) {
        const region = world.region(name);
        const changed = RulePriorities.map(({ RuleArn = "", Priority }) => {
          refuseDefault(region, RuleArn, "modified");
          return { ...ruleOf(region, RuleArn), Priority: checkedPriority(Priority) };
        });
        checkFree(region, changed);
        for (const rule of changed) region.elbv2.rules.put(rule);
        return { Rules: changed.map(shape) };
      },
    },
  };
}

/** ARN of a new rule of a listener. */
export function newRuleArn(call: Call, { ListenerArn }: Pick<Listener, "ListenerArn">): string {
  return newArn(call, ListenerArn.replace(/^.*:listener/, "listener-rule"));
}

/** The rules of a listener by their priority, the default one aside. */
export function rulesOf({ elbv2 }: Region, { ListenerArn }: Pick<Listener, "ListenerArn">): Rule[] {
  const rules = elbv2.rules.filter((rule) => rule.ListenerArn === ListenerArn);
  return rules.sort((one, other) => one.Priority - other.Priority);
}

function checkedPriority(priority: number | undefined): number {
  if (priority === undefined) throw validationError("A priority must be specified");
  return priority;
}

/** No other rule of a listener has the priorities that these shall have. */
function checkFree({ elbv2 }: Region, changed: readonly Rule[]): void {
  const arns = changed.map(({ RuleArn }) => RuleArn);
  const taken = elbv2.rules.filter(({ RuleArn }) => !arns.includes(RuleArn));
  for (const [index, rule] of changed.entries()) {
    const others = [...taken, ...changed.slice(0, index)];
    if (others.some((one) => one.ListenerArn === rule.ListenerArn && one.Priority === rule.Priority)) {
      throw new AwsError("PriorityInUse", `Priority '${rule.Priority}' is currently in use`);
    }
  }
}

/** A default rule is changed with its listener, and goes with it. */
function refuseDefault({ elbv2 }: Region, arn: string, done: string): void {
  if (!elbv2.listeners.find(({ hidden }) => hidden.defaultRule === arn)) return;
  throw new AwsError("OperationNotPermitted", `Default rule '${arn}' cannot be ${done}`);
}

function shape({ RuleArn, Priority, Conditions, Actions }: Rule) {
  return { RuleArn, Priority: `${Priority}`, Conditions, Actions, IsDefault: false };
}

function defaultShape({ hidden, DefaultActions }: Listener) {
  return {
    RuleArn: hidden.defaultRule,
    Priority: "default",
    Conditions: [],
    Actions: DefaultActions,
    IsDefault: true,
  };
}
