/** Members that say something by being empty: of a tag, an attribute, a rule, an action. */
const MEANT = new Set(["Value", "Description", "Query", "MessageBody"]);

/** An input without members that are empty texts, which some services take for members that are not given. */
export function withoutEmpties<Input>(input: Input): Input {
  if (Array.isArray(input)) return input.map(withoutEmpties) as Input;
  if (!isPlain(input)) return input;
  const kept = Object.entries(input).filter(([name, value]) => value !== "" || MEANT.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutEmpties(value)])) as Input;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
