import { type AnyTask, type Ref, type Refs, type Roll, type RolledService, task } from "../engine/task.ts";
import { rollout } from "../kinds/ecs/rollout.ts";

/** A service, by its names. */
interface Rolled {
  readonly cluster: string;
  readonly name: string;
}

/** What to do where the timeout is over. */
const LATE = "Correct what keeps it from serving, or give it longer with --timeout, then run the same command again.";

/** The task of rolling a service out on a revision. */
export function rollTask(
  { cluster, name }: Rolled,
  title: string,
  revision: Refs<string>,
  { until, timeout }: Roll,
  { after = [], ...more }: { readonly after?: readonly AnyTask[]; readonly anewSince?: Ref<Date> } = {},
) {
  const kind = { ...rollout, limits: { ...rollout.limits, ready: timeout, shown: timeout, late: LATE } };
  return task("release-roll", title, kind, { cluster, name, revision, until, ...more }, after);
}

/** How a service is put on a revision that is there already. */
export function putOn(of: Rolled): RolledService["putOn"] {
  return (revision, roll, anewSince) => {
    const which =
      typeof revision === "string" ? `revision ${revision.slice(revision.lastIndexOf(":") + 1)}` : "that revision";
    return rollTask(of, `service ${of.name} on ${which}`, revision, roll, anewSince ? { anewSince } : {});
  };
}
