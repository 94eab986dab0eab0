/** Names of fields by which what a look found carries AWS's names of the thing itself. */
const OWN = ["arn", "id", "uri"];

/**
 * What AWS calls a thing that was found, by field: its ARN and its id, or else whatever id it carries that is not one of those
 * that it was asked to have. E.g. of an instance `instanceId`, and not its subnet's.
 *
 * @param wanted values that are wanted of the thing
 */
export function ownIds(actual: unknown, wanted: ReadonlySet<string | undefined>): Record<string, string> {
  if (typeof actual !== "object" || actual === null) return {};
  const texts = Object.entries(actual).filter((field): field is [string, string] => typeof field[1] === "string");
  const named = texts.filter(([name]) => OWN.includes(name));
  const ids = texts.filter(([name, value]) => name.endsWith("Id") && !wanted.has(value));
  return Object.fromEntries(named.length > 0 ? named : ids);
}
