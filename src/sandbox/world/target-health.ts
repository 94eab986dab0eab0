import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";

/** The health of a target that is registered and that no load balancer has looked at yet. */
export const REGISTERING: TargetHealth = {
  State: "initial",
  Reason: "Elb.RegistrationInProgress",
  Description: "Target registration is in progress",
};

export const HEALTHY: TargetHealth = { State: "healthy" };

/** The health of a target whose checks fail: by what they found, a status code or why there was none. */
export function unhealthy(found: number | "timeout" | "blocked" | "failed"): TargetHealth {
  const State = "unhealthy";
  if (typeof found === "number") {
    const Description = `Health checks failed with these codes: [${found}]`;
    return { State, Reason: "Target.ResponseCodeMismatch", Description };
  }
  if (found === "failed") return { State, Reason: "Target.FailedHealthChecks", Description: "Health checks failed" };
  return { State, Reason: "Target.Timeout", Description: "Request timed out" };
}
