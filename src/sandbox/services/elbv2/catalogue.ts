import { AwsError } from "../../wire/service.ts";
import { SSL_POLICIES } from "../../world/catalogue/ssl-policies.ts";
import type { World } from "../../world/world.ts";
import { type ElbOperations, loadBalancerOf, paged } from "./operation.ts";

/** Quotas of a new account ("Quotas for your Application Load Balancers"). */
const LIMITS: Readonly<Record<string, number>> = {
  "application-load-balancers": 50,
  "listeners-per-application-load-balancer": 50,
  "rules-per-application-load-balancer": 100,
  "target-groups": 3000,
  "target-groups-per-application-load-balancer": 100,
  "targets-per-application-load-balancer": 1000,
  "targets-per-target-group": 1000,
  "certificates-per-application-load-balancer": 25,
  "target-groups-per-action-on-application-load-balancer": 5,
  "condition-values-per-alb-rule": 5,
  "condition-wildcards-per-alb-rule": 5,
};

/** What an HTTPS listener gets for which none is named. */
export const DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08";

/** @throws AwsError if there is no such security policy */
export function checkSslPolicy(name: string): void {
  if (!Object.hasOwn(SSL_POLICIES, name)) throw new AwsError("SSLPolicyNotFound", `SSL policy '${name}' not found`);
}

/** What does not depend on the account's resources. */
export function catalogueOperations(world: World): ElbOperations {
  return {
    DescribeAccountLimits: {
      accepts: ["Marker", "PageSize"],
      handle(input) {
        const limits = Object.entries(LIMITS).map(([Name, max]) => ({ Name, Max: `${max}` }));
        const { items, ...rest } = paged(limits, input, world.pageSize);
        return { Limits: items, ...rest };
      },
    },

    DescribeCapacityReservation: {
      accepts: ["LoadBalancerArn"],
      handle({ LoadBalancerArn }, { region }) {
        loadBalancerOf(world.region(region), LoadBalancerArn);
        // Nobody can have reserved any: ModifyCapacityReservation is not emulated.
        return { CapacityReservationState: [] };
      },
    },

    DescribeSSLPolicies: {
      accepts: ["Names", "Marker", "PageSize"],
      handle(input) {
        const { Names } = input;
        for (const name of Names ?? []) checkSslPolicy(name);
        const policies = Object.entries(SSL_POLICIES)
          .filter(([name]) => !Names?.length || Names.includes(name))
          .map(([Name, protocols]) => ({
            Name,
            SslProtocols: [...protocols],
            SupportedLoadBalancerTypes: ["application", "network"],
          }));
        const { items, ...rest } = paged(policies, input, world.pageSize);
        return { SslPolicies: items, ...rest };
      },
    },
  };
}
