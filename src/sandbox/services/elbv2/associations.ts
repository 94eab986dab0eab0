import type { Listener } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";

/** The target groups that a listener sends requests to. */
export function targetGroupsOf({ DefaultActions }: Pick<Listener, "DefaultActions">): string[] {
  return DefaultActions.flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []);
}

/**
 * Makes the target groups' `LoadBalancerArns` follow the listeners. A group that the last listener let go of counts as in
 * use for a little longer.
 */
export function associateTargetGroups(world: World, { elbv2 }: Region): void {
  for (const group of elbv2.targetGroups.all()) {
    const using = elbv2.listeners.filter((listener) => targetGroupsOf(listener).includes(group.TargetGroupArn));
    const arns = [...new Set(using.map(({ LoadBalancerArn }) => LoadBalancerArn))];
    if (arns.join() === group.LoadBalancerArns.join()) continue;
    elbv2.targetGroups.update(group.TargetGroupArn, (draft) => {
      draft.LoadBalancerArns = arns;
      if (arns.length === 0) draft.hidden.inUseUntil = world.later("target group let go");
    });
  }
}
