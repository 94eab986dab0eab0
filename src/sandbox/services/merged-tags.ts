import type { AwsError } from "../wire/service.ts";

/** A tag as most services have it on the wire. */
interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** What a service says to tags that it does not take. */
export interface TagRules {
  /** The key is empty, or one of the two is longer than it may be. Absent: the service's model has said so before. */
  readonly badLength?: (key: string) => AwsError;
  /** The key begins with `aws:`. */
  readonly reserved: (key: string) => AwsError;
  /** One request has the key twice. Absent: the last one counts. */
  readonly duplicate?: (key: string) => AwsError;
  readonly tooMany: (most: number) => AwsError;
  /** Keys that differ in upper and lower case only are one. Default: they are not. */
  readonly ignoresCase?: boolean;
}

const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** Tags with others added or replaced. @throws AwsError in the service's words if one of those is not taken, or there are too many */
export function mergedTags(
  present: readonly Tag[],
  added: readonly Tag[] | undefined,
  { badLength, reserved, duplicate, tooMany, ignoresCase = false }: TagRules,
): { Key: string; Value: string }[] {
  const same = (key: string) => (ignoresCase ? key.toLowerCase() : key);
  const merged = new Map(present.map(({ Key = "", Value = "" }) => [same(Key), { Key, Value }]));
  const seen = new Set<string>();
  for (const { Key = "", Value = "" } of added ?? []) {
    if (badLength && (Key === "" || Key.length > LONGEST_KEY || Value.length > LONGEST_VALUE)) throw badLength(Key);
    if (/^aws:/i.test(Key)) throw reserved(Key);
    if (duplicate && seen.has(same(Key))) throw duplicate(Key);
    seen.add(same(Key));
    merged.set(same(Key), { Key, Value });
  }
  if (merged.size > MOST_TAGS) throw tooMany(MOST_TAGS);
  return [...merged.values()];
}
