import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  type TaskDefinition as EcsTaskDefinition,
  paginateListTaskDefinitions,
  RegisterTaskDefinitionCommand,
  type TaskDefinitionStatus,
} from "@aws-sdk/client-ecs";
import { chunks } from "../../aws/chunks.ts";
import type { Aws } from "../../aws/clients.ts";
import { STACK_TAG, type Tags, toEcsTags, VERSION_TAG } from "../../aws/tags.ts";
import { change, fieldChanges } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import { NotYetKnown } from "../../engine/resolve.ts";
import type { Kind } from "../../engine/task.ts";
import { type Released, releasedIn, releaseTags, withRelease } from "./released.ts";
import { revisionOf } from "./revisions.ts";
import { serviceNamed } from "./service-reads.ts";
import { addTags } from "./tags.ts";
import type { TaskDefinitionDesired } from "./task-definition-desired.ts";
import { type Settings, settingsOf, toAws, withKept } from "./task-definition-settings.ts";

/** The newest revision of a family. */
export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  /** `INACTIVE`: the family has no active revision, only some of ours that are still to be deleted. */
  readonly status: string;
  readonly settings: Settings;
  /** The settings of our own newest revision, where the newest one of all is someone else's: a release, for example. */
  readonly ours?: Settings;
  /** Of our own newest revision if there is one, otherwise of the newest. */
  readonly tags: Tags;
}

/**
 * A task definition. Revisions never change, so a repair registers a new one; old ones are kept until all of ours are
 * deleted. A newer revision of someone else (a release that was made by another tool) is used as it is, until what we want
 * differs from what we last registered ourselves.
 */
export const taskDefinition: Kind<TaskDefinitionDesired, TaskDefinition, Aws> = {
  type: "ecs.task-definition",
  async find(aws, desired) {
    const { family } = desired;
    const latest = await describe(aws, family);
    if (latest && isOurs(aws, latest)) return (await putBackOn(aws, desired, latest)) ?? latest;
    const own = await newestOwn(aws, family, latest ? "ACTIVE" : "INACTIVE");
    if (!latest || !own) return latest ?? own;
    return { ...latest, ours: own.settings, tags: own.tags };
  },
  diff: differences,
  create: (aws, desired) => register(aws, desired),
  update: (aws, desired, { ours, settings, tags }) =>
    register(aws, withKept(desired, settings), releasedIn(desired, ours ?? settings, tags)),
  foreseen: (actual) => ({ ...actual, arn: "(its next revision)" }),
  async remove(aws, { family }) {
    const active = await ownRevisions(aws, family, "ACTIVE");
    for (const taskDefinition of active) await deregister(aws, taskDefinition);
    // The listing may not show yet what was just deregistered.
    const inactive = await ownRevisions(aws, family, "INACTIVE", active);
    for (const part of chunks([...active, ...inactive], MOST_DELETED)) await deleteRevisions(aws, part);
  },
  // A revision only names them; one that names the new ones follows.
  outlives: ["rds.db-instance", "ecr.repository", "iam.role", "ssm.generated-secret", "cloudwatch-logs.log-group"],
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe({ revision, ours, tags }) {
    const version = tags[VERSION_TAG];
    if (ours) return `revision ${revision}, registered by someone else`;
    return version === undefined ? `revision ${revision}` : `revision ${revision}, version ${version}`;
  },
  limits: { usually: 1, ready: 120, gone: 300 },
};

function differences(
  desired: TaskDefinitionDesired,
  { status, settings, ours, tags }: Pick<TaskDefinition, "status" | "settings" | "ours" | "tags">,
): Change[] {
  if (status !== "ACTIVE") return change("status", status, "ACTIVE");
  const released = releasedIn(desired, ours ?? settings, tags);
  const wantedBeside = (present: Settings) => {
    const kept = withKept(desired, present);
    return settingsOf(toAws(released ? withRelease(kept, released) : kept));
  };
  if (ours && fieldChanges(wantedBeside(ours), ours).length === 0) return [];
  return fieldChanges(settings, wantedBeside(settings));
}

/**
 * The revision of ours that the service is on, if it is as wanted and the newest is not: somebody has gone back to it (from what
 * `deploy-version --env` made), and a new one would only be its double. Undefined: it is not so, or not known yet.
 */
async function putBackOn(
  aws: Aws,
  desired: TaskDefinitionDesired,
  latest: TaskDefinition,
): Promise<TaskDefinition | undefined> {
  const { service } = desired;
  const found = service && (await serviceNamed(aws, service.cluster, service.name));
  const arn = found?.status === "ACTIVE" ? found.taskDefinition : undefined;
  if (arn === undefined || arn === latest.arn) return undefined;
  const serving = await describe(aws, arn);
  if (!serving || serving.family !== latest.family || !isOurs(aws, serving)) return undefined;
  try {
    const isBack = differences(desired, latest).length > 0 && differences(desired, serving).length === 0;
    return isBack ? serving : undefined;
  } catch (error) {
    if (error instanceof NotYetKnown) return undefined;
    throw error;
  }
}

/** DeleteTaskDefinitions takes so many at once. */
const MOST_DELETED = 10;

/** What a release has set stays in the revision that follows it. */
async function register(
  { ecs, ownership }: Aws,
  desired: TaskDefinitionDesired,
  released?: Released,
): Promise<TaskDefinition | undefined> {
  const definition = released ? withRelease(desired, released) : desired;
  const tags = { ...ownership, ...releaseTags(released) };
  const request = { ...toAws(definition), tags: toEcsTags(tags) };
  const { taskDefinition: made } = await ecs.send(new RegisterTaskDefinitionCommand(request));
  return made && fromAws(made, tags);
}

/** By family (the newest active revision) or ARN. */
async function describe(aws: Aws, asked: string): Promise<TaskDefinition | undefined> {
  const found = await revisionOf(aws, asked);
  return found && fromAws(found.definition, found.tags);
}

function fromAws(definition: EcsTaskDefinition, tags: Tags): TaskDefinition {
  return {
    arn: definition.taskDefinitionArn ?? "",
    family: definition.family ?? "",
    revision: definition.revision ?? 0,
    status: definition.status ?? "",
    settings: settingsOf(definition),
    tags,
  };
}

async function newestOwn(aws: Aws, family: string, status: TaskDefinitionStatus): Promise<TaskDefinition | undefined> {
  for await (const arn of revisions(aws, family, status)) {
    const found = await describe(aws, arn);
    if (found && isOurs(aws, found)) return found;
  }
  return undefined;
}

/** @param known those that are known to be ours already, which are left out */
async function ownRevisions(
  aws: Aws,
  family: string,
  status: TaskDefinitionStatus,
  known: readonly string[] = [],
): Promise<string[]> {
  const own: string[] = [];
  for await (const arn of revisions(aws, family, status)) {
    if (known.includes(arn)) continue;
    const found = await describe(aws, arn);
    if (found && isOurs(aws, found)) own.push(arn);
  }
  return own;
}

/** ARNs of a family's revisions, newest first. */
async function* revisions({ ecs }: Aws, familyPrefix: string, status: TaskDefinitionStatus): AsyncGenerator<string> {
  for await (const page of paginateListTaskDefinitions({ client: ecs }, { familyPrefix, status, sort: "DESC" })) {
    yield* page.taskDefinitionArns ?? [];
  }
}

/** A call whose answer was lost is made again by the SDK, and ECS refuses what it has done already: then one look tells. */
async function deregister(aws: Aws, taskDefinition: string): Promise<void> {
  try {
    await aws.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
  } catch (error) {
    if ((await describe(aws, taskDefinition))?.status === "ACTIVE") throw error;
  }
}

async function deleteRevisions(aws: Aws, taskDefinitions: string[]): Promise<void> {
  const { failures = [] } = await aws.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions }));
  for (const { arn = "", reason = "AWS did not delete it", detail = "" } of failures) {
    // A refusal is in the answer, not an error (ecs:DeleteTaskDefinitions); also of what is gone already, or as good as gone.
    const status = (await describe(aws, arn))?.status;
    if (status !== undefined && status !== "DELETE_IN_PROGRESS") throw new Error(`${arn}: ${reason} ${detail}`.trim());
  }
}

function isOurs({ stack }: Aws, { tags }: TaskDefinition): boolean {
  return tags[STACK_TAG] === stack;
}
