/**
 * What is known of a request, by the keys of conditions in lower case, because their case does not matter. (IAM, "Condition")
 * Undefined: the request has no such key.
 *
 * @throws NotLookedAt
 */
export type Context = (key: string) => readonly string[] | undefined;

/** Thrown for a key that a request of AWS may have, and whose value the sandbox does not work out. */
export class NotLookedAt extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`The sandbox does not work out the condition key ${key}.`);
    this.key = key;
  }
}

/** Values by key; undefined: the key is known not to be there. */
export type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A context of values that are there already. */
export function contextOf(values: Values): Context {
  const byKey = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
  return (key) => {
    const value = byKey.get(key);
    return typeof value === "string" ? [value] : value;
  };
}

/** Tags, in any of the ways that AWS's services write them. */
export type Tags =
  | Readonly<Record<string, string | undefined>>
  | readonly { readonly [Member in "Key" | "Value" | "key" | "value"]?: string | undefined }[];

/** The values of a family of keys, such as `aws:PrincipalTag/`, one for each tag. */
export function tagValues(family: string, tags: Tags): Values {
  return Object.fromEntries(tagPairs(tags).map(([key, value]) => [`${family}${key}`, value]));
}

/** Tags, whichever way they are written, as pairs of key and value. */
export function tagPairs(tags: Tags): [key: string, value: string][] {
  if (!Array.isArray(tags)) return Object.entries(tags).map(([key, value]) => [key, value ?? ""]);
  return tags.map(({ Key, key = Key, Value, value = Value }) => [key ?? "", value ?? ""]);
}
