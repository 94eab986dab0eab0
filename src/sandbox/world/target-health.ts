import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";

/** The health of a target that is registered and that no load balancer has looked at yet. */
export const REGISTERING: TargetHealth = {
  State: "initial",
  Reason: "Elb.RegistrationInProgress",
  Description: "Target registration is in progress",
};
