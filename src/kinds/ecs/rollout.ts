import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { change } from "../../engine/change.ts";
import { Explained } from "../../engine/errors.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind, Seconds } from "../../engine/task.ts";
import { numberIn } from "./revisions.ts";
import { failureOf } from "./rollout-failure.ts";
import { type Told, tellNews } from "./rollout-news.ts";
import { type Rollout, type RolloutDeployment, rolloutOf } from "./rollout-reads.ts";
import { describeRollout, isDone, type RolloutTo } from "./rollout-state.ts";
import type { ServicePlace } from "./service-reads.ts";
import { stopDeployment } from "./stop-deployment.ts";
import { takenBack } from "./taken-back.ts";

/** A service that is to be on a revision. */
export interface RolloutDesired extends ServicePlace, Pick<RolloutTo, "until"> {
  /** ARN. */
  readonly revision: string;
  /** Its tasks are replaced although they are of this revision already, unless a deployment after this time has done that. */
  readonly anewSince?: Date;
}

/** Where no machine has room, one that joins the cluster may give it: that takes two to three minutes. */
const MACHINE_JOINS: Seconds = 240;

/**
 * A service on a revision: the update, and a watch over deployments, targets and tasks until the revision alone serves. It
 * gives up where ECS goes on trying, and sees where ECS went back.
 */
export const rollout: Kind<RolloutDesired, RolloutTo, Aws> = {
  type: "ecs.rollout",
  async find(aws, desired) {
    const found = await rolloutOf(aws, desired);
    if (!found) return undefined;
    const back = differences(desired, found).length > 0 ? await takenBack(aws, desired) : undefined;
    return { ...found, wanted: desired.revision, until: desired.until, takenBack: back };
  },
  diff: differences,
  // What failed before is tried again when it is asked for again, which without force is no change to a service that is on it.
  async create(aws, desired) {
    if (!(await rolloutOf(aws, desired))) throw noService(desired);
    await putOn(aws, desired, true);
  },
  async update(aws, desired, actual) {
    const isBack = desired.anewSince === undefined && (await stopDeployment(aws, desired, actual, desired.revision));
    if (!isBack) await putOn(aws, desired, desired.anewSince !== undefined);
  },
  redo: true,
  pending: (actual) => (isDone(actual) ? undefined : describeRollout(actual)),
  stalls: ({ unplaced }) => (unplaced ? MACHINE_JOINS : undefined),
  broken: failureOf,
  remedy: ({ unplaced }) => unplaced?.next ?? "Correct what the lines above say, then deploy it again.",
  follow: async (_aws, actual, note, place) => tellNews(actual, note, place as Told | undefined),
  tags: ({ tags }) => tags,
  describe: ({ primary, desiredCount }) =>
    `revision ${numberIn(primary.revision)}, ${primary.running} of ${desiredCount} tasks running`,
  limits: { usually: 120, ready: 900, shown: 60, poll: [0.5, 1.5] },
};

function differences(desired: RolloutDesired, { revision, primary }: Rollout): Change[] {
  return [
    ...change("revision", numberIn(revision), numberIn(desired.revision)),
    ...(isOlder(primary, desired.anewSince) ? [{ field: "tasks", from: "running", to: "started anew" }] : []),
  ];
}

/** What is said where the service is not there. */
export function noService({ cluster, name }: ServicePlace): Explained {
  return new Explained(`there is no service ${name} in cluster ${cluster}`, "Make it with `bia-infra create --all`.");
}

async function putOn(
  { ecs }: Aws,
  { cluster, name, revision }: RolloutDesired,
  forceNewDeployment: boolean,
): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition: revision, forceNewDeployment }));
}

function isOlder({ createdAt }: RolloutDeployment, time: Date | undefined): boolean {
  return time !== undefined && createdAt !== undefined && createdAt < time;
}
