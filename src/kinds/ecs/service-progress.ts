import { ENOUGH, type FoundService } from "./service-reads.ts";

/** A service that somebody wants to be in a certain way. */
export interface WantedService extends FoundService {
  /** Why it is not so, where ECS has taken that back; undefined: it has not. */
  readonly takenBack: string | undefined;
}

/** Why waiting for a service is of no use; undefined: it is, or it need not be waited for. */
export function broken(actual: WantedService): string | undefined {
  const { rollout, crashes, trouble, printed, takenBack } = actual;
  const { state, reason } = rollout;
  if (takenBack !== undefined) return takenBack;
  // A circuit breaker that somebody has turned on starts a new deployment of the old revision (ecs:Deployment, rolloutStateReason).
  if (state === "FAILED" || /rolling back/.test(reason ?? ""))
    return [reason ?? "Its deployment failed.", ...(trouble === undefined ? [] : [trouble])].join(" ");
  if (crashes < ENOUGH) return undefined;
  return [`${crashes} of its tasks ended by themselves: ${trouble}`, ...printed.map((line) => `| ${line}`)].join("\n");
}

/** What is not as it should be yet, with the scheduler's or the agent's own words where something is in the way. */
export function pending(actual: FoundService): string | undefined {
  const { status, runningCount, pendingCount, desiredCount, healthyTargets, rollout, trouble } = actual;
  if (status === "DRAINING") {
    const left = runningCount + pendingCount;
    return left === 0 ? "the last tasks are being stopped" : `${left} of its tasks are being stopped`;
  }
  const isHealthy = healthyTargets === undefined || healthyTargets >= desiredCount;
  if (rollout.state === "COMPLETED" && rollout.olderTasks === 0 && runningCount === desiredCount && isHealthy)
    return undefined;
  const parts = [`${runningCount - rollout.olderTasks} of ${desiredCount} tasks running`];
  if (healthyTargets !== undefined) parts.push(`${healthyTargets} of ${desiredCount} targets healthy`);
  if (rollout.olderTasks > 0) parts.push(`${rollout.olderTasks} of an older deployment`);
  return trouble === undefined ? parts.join(", ") : `${parts.join(", ")}: ${trouble}`;
}
