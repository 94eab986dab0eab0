import { numberIn } from "./revisions.ts";
import type { Rollout, RolloutDeployment } from "./rollout-reads.ts";
import type { TakenBack } from "./taken-back.ts";

/** How far a service is with the revision that it is to be on. */
export interface RolloutTo extends Rollout {
  /** ARN. */
  readonly wanted: string;
  /** When it counts as done: the revision alone serves, the service is steady, or it has been asked for. */
  readonly until: "deployed" | "stable" | "none";
  /** What ECS has taken back; undefined: nothing, or nothing is wanted of the service that it is not. */
  readonly takenBack: TakenBack | undefined;
}

/** Whether nothing is left to wait for. */
export function isDone({ until, wanted, revision, primary, former, desiredCount, targets }: RolloutTo): boolean {
  if (until === "none") return true;
  const isAlone = former.every((one) => one.wanted === 0);
  const isHealthy = targets === undefined || (targets.healthy ?? 0) >= desiredCount;
  const serves = revision === wanted && primary.running >= desiredCount && isAlone && isHealthy;
  const isSteady = primary.state === "COMPLETED" && former.length === 0;
  return serves && (until === "deployed" || isSteady);
}

/** Both deployments in words, as long as both have tasks, the targets, and what is in the way. */
export function describeRollout({ primary, former, desiredCount, targets, unplaced }: RolloutTo): string {
  const deployments = [
    describeDeployment(primary, `of ${desiredCount} running`),
    ...former.filter(({ running, pending }) => running + pending > 0).map((one) => describeDeployment(one, "running")),
  ];
  const states = Object.entries(targets ?? {}).map(([state, count]) => `${count} ${state}`);
  return [
    ...deployments,
    ...(states.length > 0 ? [`targets: ${states.sort().join(", ")}`] : []),
    ...(unplaced ? [unplaced.why] : []),
  ].join("; ");
}

/** How long the parts of a roll took, from its beginning, e.g. `placed after 2 s, started after 21 s`; empty: none of them is over. */
export function describeTimes({ times }: Rollout): string {
  const parts = { placed: times.placed, started: times.started, "old ones gone": times.drained };
  const told = Object.entries(parts).flatMap(([what, ms]) =>
    ms === undefined || ms < 0 ? [] : `${what} after ${(ms / 1000).toFixed(1)} s`,
  );
  return told.join(", ");
}

function describeDeployment({ revision, running, pending, wanted }: RolloutDeployment, what: string): string {
  const leaving = running + pending - wanted;
  const rest = [pending > 0 ? `${pending} starting` : undefined, leaving > 0 ? `${leaving} leaving` : undefined];
  return [`revision ${numberIn(revision)}: ${running} ${what}`, ...rest.filter((one) => one !== undefined)].join(", ");
}
