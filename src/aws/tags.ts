/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** Tag that names the stack a thing belongs to. With it a thing is ours; without it we never change or delete it. */
export const STACK_TAG = "bia-infra:stack";
/** Tag that names the task a thing was made for. */
export const TASK_TAG = "bia-infra:task";

/**
 * Tag that names the region of the stack that a thing of a service without regions (IAM, Route 53) was made for: the stacks
 * of all regions of an account see it. Versions that did not know the tag made such things without it.
 */
export const REGION_TAG = "bia-infra:region";

/** Tag of a revision of a task definition that a release has made: the tag of its image, by which the version is called. */
export const VERSION_TAG = "bia-infra:version";

/** Tag of a revision that `deploy-version --env` has made: the names of the values that it has over those of the variables. */
export const ENVIRONMENT_TAG = "bia-infra:environment";

/** The tags that make a thing ours; with the region, for what has none of its own. */
export function ownershipTags(stack: string, task: string, region?: string): Tags {
  return { [STACK_TAG]: stack, [TASK_TAG]: task, ...(region === undefined ? {} : { [REGION_TAG]: region }) };
}

/** Tags as the SDK takes them: a list of `{ Key, Value }`. */
export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as the SDK gives them; entries without a key are left out. */
export function fromTagList(
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Tags {
  const tags: Record<string, string> = {};
  for (const { Key, Value } of list ?? []) if (Key !== undefined) tags[Key] = Value ?? "";
  return tags;
}

/** Tags as ECS takes them, whose members begin with a small letter. */
export function toEcsTags(tags: Tags): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** Tags as ECS gives them, whose members begin with a small letter. */
export function fromEcsTags(
  list: readonly { key?: string | undefined; value?: string | undefined }[] | undefined,
): Tags {
  return fromTagList(list?.map(({ key, value }) => ({ Key: key, Value: value })));
}

/** How the wanted tags differ from those that are there. Tags that nobody asked for are other people's and stay. */
export function tagChanges(wanted: Tags, actual: Tags): { field: string; from?: string; to: string }[] {
  return Object.entries(wanted)
    .filter(([key, value]) => actual[key] !== value)
    .map(([key, value]) => ({ field: `tag ${key}`, ...from(actual[key]), to: value }));
}

function from(value: string | undefined): { from?: string } {
  return value === undefined ? {} : { from: value };
}

/** The tags among `wanted` that `changes` speak of. */
export function tagsToWrite(wanted: Tags, changes: readonly { field: string }[]): Tags {
  const fields = new Set(changes.map((change) => change.field));
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => fields.has(`tag ${key}`)));
}
