import { type FailedTask, lastWords } from "./failed-tasks.ts";
import type { Rollout } from "./rollout-reads.ts";
import { isDone, type RolloutTo } from "./rollout-state.ts";
import { describeTakenBack } from "./taken-back.ts";

/** So many tasks of a deployment that ended badly are enough: one may be the machine's fault, not two. */
const ENOUGH = 2;

/** Why a revision will not come to serve: ECS says so, went back by itself, or tries again and again what does not work. */
export function failureOf(actual: RolloutTo): string | undefined {
  const { wanted, primary, former, revision, unplaced, takenBack } = actual;
  if (isDone(actual)) return undefined;
  const isOn = revision === wanted;
  const ours = isOn ? primary : former.find((one) => one.revision === wanted);
  const bad = badTasks(actual);
  if (ours?.state === "FAILED") return [ours.reason ?? "its deployment failed", ...lastWords(bad)].join("\n");
  if (takenBack?.revision === wanted) return [describeTakenBack(takenBack), ...lastWords(bad)].join("\n");
  if (isOn && unplaced?.isHopeless)
    return `${unplaced.why}\nNo machine of the cluster has as much, even when it is empty.`;
  if (bad.length < ENOUGH) return undefined;
  const what = isOn ? `${bad.length} of its tasks ended badly` : "AWS has gone back to the revision before";
  return [what, ...lastWords(bad)].join("\n");
}

/**
 * Of the revision that is wanted; while the service is on it those of tasks that were started since the newest deployment began,
 * because one that a rollback makes primary again may have had others long before.
 */
function badTasks({ wanted, primary, former, revision, failures }: RolloutTo): FailedTask[] {
  const since = latest([primary, ...former]);
  const isNew = ({ createdAt }: FailedTask) => createdAt === undefined || createdAt.getTime() >= since;
  return failures.filter(
    (task) => task.revision === wanted && (revision !== wanted || (task.deployment === primary.id && isNew(task))),
  );
}

function latest(deployments: Rollout["former"]): number {
  return Math.max(...deployments.map(({ createdAt }) => createdAt?.getTime() ?? 0));
}
