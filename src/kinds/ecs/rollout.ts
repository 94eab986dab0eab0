import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { change } from "../../engine/change.ts";
import { Explained } from "../../engine/errors.ts";
import type { Kind, Note } from "../../engine/task.ts";
import {
  type FailedTask,
  type Rollout,
  type RolloutDeployment,
  rolloutOf,
  type ServicePlace,
} from "./rollout-reads.ts";

/** A service that is to be on a revision. */
export interface RolloutDesired extends ServicePlace {
  /** ARN. */
  readonly revision: string;
  /** When it counts as done: the revision alone serves, the service is steady, or it has been asked for. */
  readonly until: "deployed" | "stable" | "none";
  /** Its tasks are replaced although they are of this revision already, unless a deployment after this time has done that. */
  readonly anewSince?: Date;
}

/** How far a service is with the revision that it is to be on. */
export interface RolloutTo extends Rollout {
  readonly wanted: string;
  readonly until: RolloutDesired["until"];
}

/** So many tasks of a deployment that ended badly are enough: one may be the machine's fault, not two. */
const ENOUGH = 2;

/**
 * A service on a revision: the update, and a watch over deployments, targets and tasks until the revision alone serves. It
 * gives up where ECS goes on trying, and sees where ECS went back.
 */
export const rollout: Kind<RolloutDesired, RolloutTo, Aws> = {
  type: "ecs.rollout",
  async find(aws, desired) {
    const found = await rolloutOf(aws, desired);
    return found && { ...found, wanted: desired.revision, until: desired.until };
  },
  diff: (desired, actual) => [
    ...change("revision", numberIn(actual.revision), numberIn(desired.revision)),
    ...(isOlder(actual.primary, desired.anewSince) ? [{ field: "tasks", from: "running", to: "started anew" }] : []),
  ],
  // What was taken back before is tried again when it is asked for again.
  async create(aws, desired) {
    if (!(await rolloutOf(aws, desired))) throw noService(desired);
    await putOn(aws, desired);
  },
  update: (aws, desired) => putOn(aws, desired),
  redo: true,
  pending(actual) {
    const { until, primary, desiredCount } = actual;
    if (until === "none") return undefined;
    const alone = actual.former.every(({ wanted }) => wanted === 0);
    const healthy = actual.targets === undefined || (actual.targets.healthy ?? 0) >= desiredCount;
    const serves = primary.running >= desiredCount && alone && healthy;
    const steady = primary.state === "COMPLETED" && actual.former.length === 0;
    if (serves && (until === "deployed" || steady)) return undefined;
    return describeRollout(actual);
  },
  broken: failureOf,
  remedy: () => "Correct what the lines above say, then deploy it again.",
  follow: async (_aws, actual, note, place) => tellNews(actual, note, place as Told | undefined),
  tags: ({ tags }) => tags,
  describe: ({ primary, desiredCount }) =>
    `revision ${numberIn(primary.revision)}, ${primary.running} of ${desiredCount} tasks running`,
  limits: { usually: 120, ready: 900, shown: 60, poll: [0.5, 3] },
};

/** What is said where the service is not there. */
export function noService({ cluster, name }: ServicePlace): Explained {
  return new Explained(`there is no service ${name} in cluster ${cluster}`, "Make it with `bia-infra create --all`.");
}

/** The number of a revision, from its ARN. */
export function numberIn(revision: string): string {
  return revision.slice(revision.lastIndexOf(":") + 1);
}

async function putOn({ ecs }: Aws, { cluster, name, revision, anewSince }: RolloutDesired): Promise<void> {
  const forceNewDeployment = anewSince !== undefined;
  await ecs.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition: revision, forceNewDeployment }));
}

function isOlder({ createdAt }: RolloutDeployment, time: Date | undefined): boolean {
  return time !== undefined && createdAt !== undefined && createdAt < time;
}

/** Both deployments in words, as long as both have tasks, and the targets. */
function describeRollout({ primary, former, desiredCount, targets }: RolloutTo): string {
  const deployments = [
    describeDeployment(primary, `of ${desiredCount} running`),
    ...former.filter(({ running, pending }) => running + pending > 0).map((one) => describeDeployment(one, "running")),
  ];
  const states = Object.entries(targets ?? {}).map(([state, count]) => `${count} ${state}`);
  return [...deployments, ...(states.length > 0 ? [`targets: ${states.sort().join(", ")}`] : [])].join("; ");
}

function describeDeployment({ revision, running, pending, wanted }: RolloutDeployment, what: string): string {
  const leaving = running + pending - wanted;
  const rest = [pending > 0 ? `${pending} starting` : undefined, leaving > 0 ? `${leaving} leaving` : undefined];
  return [`revision ${numberIn(revision)}: ${running} ${what}`, ...rest.filter((one) => one !== undefined)].join(", ");
}

/** Why a revision will not come to serve: ECS says so, went back by itself, or tries again and again what does not work. */
function failureOf({ wanted, until, primary, former, failures, revision }: RolloutTo): string | undefined {
  if (until === "none") return undefined;
  const isOn = revision === wanted;
  const ours = isOn ? primary : former.find((one) => one.revision === wanted);
  const bad = failures.filter((task) => task.revision === wanted && (!isOn || task.deployment === primary.id));
  if (ours?.state === "FAILED") return [ours.reason ?? "its deployment failed", ...lastWords(bad)].join("\n");
  if (bad.length < ENOUGH) return undefined;
  const what = isOn ? `${bad.length} of its tasks ended badly` : "AWS has gone back to the revision before";
  return [what, ...lastWords(bad)].join("\n");
}

function lastWords(failed: readonly FailedTask[]): string[] {
  const printed = failed.find((task) => task.printed.length > 0);
  return [
    ...(printed?.printed.map((line) => `| ${line}`) ?? []),
    ...failed.slice(0, ENOUGH).map(({ id, why }) => `task ${id.slice(0, 8)}: ${why}`),
  ];
}

/** Ids of events and tasks that a person has been told. */
interface Told {
  readonly ids: ReadonlySet<string>;
}

/** Tells what has happened since the last look, oldest first; at the first look only what this deployment has brought. */
function tellNews({ primary, events, failures }: RolloutTo, note: Note, told: Told | undefined): Told {
  const since = primary.createdAt ?? new Date(0);
  const isNew = (id: string) => !told?.ids.has(id);
  for (const { id, at, text } of [...events].reverse()) {
    if (isNew(id) && at !== undefined && at >= since) note(text);
  }
  for (const { id, deployment, why } of [...failures].reverse()) {
    if (isNew(id) && deployment === primary.id) note(`task ${id.slice(0, 8)} stopped: ${why}`);
  }
  return { ids: new Set([...events, ...failures].map(({ id }) => id)) };
}
