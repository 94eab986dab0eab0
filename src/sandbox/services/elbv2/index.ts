import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { attributeOperations } from "./attributes.ts";
import { catalogueOperations } from "./catalogue.ts";
import { listenerCertificateOperations } from "./listener-certificates.ts";
import { listenerOperations } from "./listeners.ts";
import { loadBalancerOperations } from "./load-balancers.ts";
import { ruleOperations } from "./rules.ts";
import { tagOperations } from "./tags.ts";
import { targetGroupOperations } from "./target-groups.ts";
import { targetOperations } from "./targets.ts";

/** Elastic Load Balancing (version 2): application load balancers. Its controller takes them from state to state. */
export function elbv2(world: World): Service {
  return world.serve(
    defineService(
      "elasticloadbalancing",
      () => import("@aws-sdk/client-elastic-load-balancing-v2"),
      {
        ...loadBalancerOperations(world),
        ...targetGroupOperations(world),
        ...targetOperations(world),
        ...listenerOperations(world),
        ...listenerCertificateOperations(world),
        ...ruleOperations(world),
        ...attributeOperations(world),
        ...tagOperations(world),
        ...catalogueOperations(world),
      },
      { ignoresEmpty: true, rules: () => import("../models/elbv2.json", { with: { type: "json" } }) },
    ),
    "elbv2",
  );
}
