import { type Stage, task } from "../../engine/task.ts";
import { scalableTarget } from "../../kinds/application-auto-scaling/scalable-target.ts";
import { alarmNamed, scalingPolicy } from "../../kinds/application-auto-scaling/scaling-policy.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { fargateCost, scalingCost } from "../prices.ts";
import type { Shop } from "./fundamentals.ts";

/** The lab "Auto scaling": how many tasks the user interface has follows from the requests that each of them gets. */
export function autoscaling({ autoscaling, cluster, network, ui }: RetailVariables, shop: Shop): Stage {
  const { min, max, metric } = autoscaling;
  const scaled = { cluster: cluster.name, service: ui.name };

  const target = task(
    "ui-scalable-target",
    `scalable target ${ui.name}`,
    scalableTarget,
    { ...scaled, min, max, suspended: { ...autoscaling.suspended, scheduled: false } },
    [shop.ui],
  );

  const policy = task(
    "ui-scaling-policy",
    `scaling policy ${autoscaling.policy}`,
    scalingPolicy,
    {
      ...scaled,
      name: autoscaling.policy,
      metric,
      requests:
        metric === "ALBRequestCountPerTarget"
          ? { loadBalancer: shop.loadBalancer, targetGroup: shop.targetGroup }
          : undefined,
      targetValue: autoscaling.targetValue,
      scaleInCooldown: autoscaling.scaleInCooldown,
      scaleOutCooldown: autoscaling.scaleOutCooldown,
      scaleIn: autoscaling.scaleIn,
    },
    [target, shop.listener],
  );

  const more = Math.max(0, max - ui.desiredCount);
  return {
    name: "autoscaling",
    title: "AUTOSCALING: as many tasks as the requests need",
    tasks: [target, policy],
    outputs: {
      "high alarm": policy.out((made) => alarmNamed(made, "High")),
      "low alarm": policy.out((made) => alarmNamed(made, "Low")),
    },
    costs: [
      scalingCost(
        `scaling of ${ui.name}`,
        autoscaling.scaleIn ? 2 : 1,
        fargateCost("", more, { ...ui, isPublic: network.nat === "none" }),
      ),
    ],
    scales: scaled,
  };
}
