import { type Grant, of, type PermissionCommand } from "./permissions.ts";

/** Commands that make what is missing. */
export const MAKE: readonly PermissionCommand[] = ["create", "repair", "adopt"];
/** Why a repair needs what a create does not. */
export const DRIFT = "puts right what has drifted";

/** What a load balancer with its listeners and target groups needs. */
export const BALANCING: readonly Grant[] = [
  {
    on: "Balancing",
    for: MAKE,
    actions: of(
      "elasticloadbalancing",
      "CreateListener CreateLoadBalancer CreateTargetGroup ModifyTargetGroupAttributes",
    ),
  },
  {
    on: "Balancing",
    for: MAKE,
    actions: of("elasticloadbalancing", "AddTags"),
    because: "creates with tags ask for it, and adopt makes the call",
  },
  {
    on: "Balancing",
    for: ["repair", "adopt"],
    actions: of(
      "elasticloadbalancing",
      "ModifyListener ModifyLoadBalancerAttributes ModifyTargetGroup SetIpAddressType SetSecurityGroups SetSubnets",
    ),
    because: DRIFT,
  },
  {
    on: "Balancing",
    for: ["destroy"],
    actions: of("elasticloadbalancing", "DeleteListener DeleteLoadBalancer DeleteTargetGroup"),
  },
];
