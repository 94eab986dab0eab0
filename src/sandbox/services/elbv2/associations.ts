import type { Region, World } from "../../world/world.ts";
import { targetGroupsOf } from "./actions.ts";

/**
 * Makes the target groups' `LoadBalancerArns` follow the listeners and their rules. A group that the last of them let go of
 * counts as in use for a little longer.
 */
export function associateTargetGroups(world: World, { elbv2 }: Region): void {
  for (const group of elbv2.targetGroups.all()) {
    const using = elbv2.listeners.filter(({ ListenerArn, DefaultActions }) => {
      const rules = elbv2.rules.filter((rule) => rule.ListenerArn === ListenerArn);
      const actions = [...DefaultActions, ...rules.flatMap(({ Actions }) => Actions)];
      return targetGroupsOf(actions).includes(group.TargetGroupArn);
    });
    const arns = [...new Set(using.map(({ LoadBalancerArn }) => LoadBalancerArn))];
    if (arns.join() === group.LoadBalancerArns.join()) continue;
    elbv2.targetGroups.update(group.TargetGroupArn, (draft) => {
      draft.LoadBalancerArns = arns;
      if (arns.length === 0) draft.hidden.inUseUntil = world.later("target group let go");
    });
  }
}
