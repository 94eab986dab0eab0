import type { ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { invalidValue } from "./refusals.ts";

const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** Tags as they are kept. @throws AwsError if AWS would not take one of them */
export function checkedTags(tags: readonly Tag[] | undefined): Tag[] {
  const checked = (tags ?? []).map(({ Key = "", Value = "" }) => ({ Key, Value }));
  const keys = new Set<string>();
  for (const { Key, Value } of checked) {
    if (Key === "") throw invalidValue("Tag keys cannot be empty");
    if (Key.startsWith("aws:")) {
      throw invalidValue(
        `Value ( ${Key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      );
    }
    if (Key.length > LONGEST_KEY) throw invalidValue(`Tag key exceeds the maximum length of ${LONGEST_KEY} characters`);
    if (Value.length > LONGEST_VALUE) {
      throw invalidValue(`Tag value exceeds the maximum length of ${LONGEST_VALUE} characters`);
    }
    if (keys.has(Key)) throw invalidValue(`Duplicate tag key '${Key}' specified.`);
    keys.add(Key);
  }
  checkCount(checked);
  return checked;
}

/** Tags with others added or replaced. */
export function mergedTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  const keys = new Set(added.map(({ Key }) => Key));
  const merged = [...tags.filter(({ Key }) => !keys.has(Key)), ...added];
  checkCount(merged);
  return merged;
}

/**
 * Tags that are given on creation, for one of the resource types that the operation creates.
 *
 * @throws AwsError if there are some for another type
 */
export function tagsFor(
  type: ResourceType,
  specifications: readonly TagSpecification[] | undefined,
  creates: readonly ResourceType[] = [type],
): Tag[] {
  const tags: Tag[] = [];
  for (const { ResourceType, Tags } of specifications ?? []) {
    if (!ResourceType) throw new AwsError("MissingParameter", "Tag specification resource type must have a value");
    if (!creates.includes(ResourceType)) {
      throw invalidValue(`'${ResourceType}' is not a valid taggable resource type for this operation.`);
    }
    if (ResourceType === type) tags.push(...(Tags ?? []));
  }
  return checkedTags(tags);
}

function checkCount(tags: readonly Tag[]): void {
  if (tags.length > MOST_TAGS) {
    throw new AwsError(
      "TagLimitExceeded",
      `The maximum number of Tags for a resource has been reached (${MOST_TAGS}).`,
    );
  }
}
