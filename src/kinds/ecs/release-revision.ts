import {
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { ENVIRONMENT_TAG, STACK_TAG, type Tags, toEcsTags, VERSION_TAG } from "../../aws/tags.ts";
import { fieldChanges } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { type Released, releaseTags, withRelease } from "./released.ts";
import { type Revision, revisionOf } from "./revisions.ts";
import type { TaskDefinitionDesired } from "./task-definition-desired.ts";
import { settingsOf, toAws, withKept } from "./task-definition-settings.ts";

/** The revision of a version of a service. */
export interface ReleaseRevisionDesired {
  /** What it is but for what is released. */
  readonly definition: TaskDefinitionDesired;
  /** The image and the name of the version; absent: it is what `definition` says. */
  readonly released?: Released;
  /** Names of the values of its environment that are not those of the variables. Absent: there are none. */
  readonly changed?: readonly string[];
  /** Whose version it is: a revision that it runs on and that is as wanted is not registered again. */
  readonly service: { readonly cluster: string; readonly name: string };
}

/** A revision that is as a version wants it. */
export interface ReleaseRevision {
  readonly arn: string;
  readonly revision: number;
  /** Absent where no image was released. */
  readonly image?: string;
  readonly tags: Tags;
}

/**
 * The revision of a version: the image by its digest, so that no push changes what is served, and the version's name. The one
 * that the service is on is taken if it is as wanted, then the family's newest, and only then a new one is registered.
 */
export const releaseRevision: Kind<ReleaseRevisionDesired, ReleaseRevision, Aws> = {
  type: "ecs.release-revision",
  async find(aws, desired) {
    const [serving, newest] = await Promise.all([
      revisionServing(aws, desired.service),
      revisionOf(aws, desired.definition.family),
    ]);
    const found = [serving, newest].find((one) => one && isWanted(desired, one.definition, one.tags));
    if (!found) return undefined;
    return revisionAs(desired, found.definition, found.tags);
  },
  async create(aws, desired) {
    const tags = { ...aws.ownership, ...releaseTags(desired.released), ...changeTags(desired) };
    const serving = await revisionServing(aws, desired.service);
    const wanted = serving ? withKept(definitionOf(desired), settingsOf(serving.definition)) : definitionOf(desired);
    const { taskDefinition: made } = await aws.ecs.send(
      new RegisterTaskDefinitionCommand({ ...toAws(wanted), tags: toEcsTags(tags) }),
    );
    await takeBackDouble(aws, desired, made);
    return made && revisionAs(desired, made, tags);
  },
  tags: ({ tags }) => tags,
  describe: ({ revision, image }) =>
    image === undefined
      ? `revision ${revision}`
      : `revision ${revision}, ${image.slice(image.lastIndexOf("/") + 1, 60 + image.lastIndexOf("/"))}`,
  limits: { usually: 1, ready: 120 },
};

function revisionAs(desired: ReleaseRevisionDesired, found: TaskDefinition, tags: Tags): ReleaseRevision {
  const { taskDefinitionArn: arn = "", revision = 0 } = found;
  return { arn, revision, tags, ...(desired.released && { image: desired.released.image }) };
}

/** The revision that a service is on; undefined: there is no such service, or not yet. */
async function revisionServing(
  aws: Aws,
  { cluster, name }: ReleaseRevisionDesired["service"],
): Promise<Revision | undefined> {
  try {
    const { services = [] } = await aws.ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
    const arn = services.find(({ status }) => status === "ACTIVE")?.taskDefinition;
    return arn === undefined ? undefined : revisionOf(aws, arn);
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException", "ServiceNotFoundException")) return undefined;
    throw error;
  }
}

/** A tag's value has no commas, and ends somewhere. (ecs:Tag) */
function changeTags({ changed = [] }: ReleaseRevisionDesired): Tags {
  return changed.length === 0 ? {} : { [ENVIRONMENT_TAG]: changed.join(" ").slice(0, 256) };
}

function definitionOf({ definition, released }: ReleaseRevisionDesired): TaskDefinitionDesired {
  return released ? withRelease(definition, released) : definition;
}

function isWanted(desired: ReleaseRevisionDesired, found: TaskDefinition, tags: Tags): boolean {
  if (found.status !== "ACTIVE" || tags[VERSION_TAG] !== desired.released?.version) return false;
  const present = settingsOf(found);
  const wanted = settingsOf(toAws(withKept(definitionOf(desired), present)));
  return fieldChanges(present, wanted).length === 0;
}

/**
 * RegisterTaskDefinition knows no token: a call whose answer was lost is made again by the SDK, and registers the same twice. The
 * first of the two is one too many, and nobody is on it, or it would have been found.
 */
async function takeBackDouble(
  aws: Aws,
  desired: ReleaseRevisionDesired,
  { family, revision = 1 }: TaskDefinition = {},
): Promise<void> {
  if (revision < 2) return;
  const before = await revisionOf(aws, `${family}:${revision - 1}`);
  if (!before || before.tags[STACK_TAG] !== aws.stack || !isWanted(desired, before.definition, before.tags)) return;
  await aws.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: before.definition.taskDefinitionArn }));
}
