import type { Shape, Violation } from "./rules.ts";
import { AwsError, type Violations } from "./service.ts";

/** Longest list or structure that is repeated in a refusal. */
const LONGEST_REPEATED = 1000;

/**
 * The refusal of most services: `2 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: ...; ...`.
 *
 * @param code that of the service
 */
export function coralError(code: string, violations: Violations): AwsError {
  const count = violations.length === 1 ? "1 validation error" : `${violations.length} validation errors`;
  return new AwsError(code, `${count} detected: ${violations.map(sentence).join("; ")}`);
}

/** What a shape demands by one of its rules: `Member must have length less than or equal to 128`. */
export function constraintOf({ rule, shape, value }: Violation): string {
  if (rule === "required") return "Member must not be null";
  return demand(shape, rule === "filter" ? "enum" : rule, typeof value === "number");
}

function sentence(violation: Violation): string {
  const { path, value, rule, shape, within } = violation;
  // What stands in a list is its `member`: `tags.1.member.key`.
  const at = path
    .replace(/(\.\d+)(?=\.)/g, "$1.member")
    .split(".")
    .map(small)
    .join(".");
  if (rule === "required") return `Value null at '${at}' failed to satisfy constraint: ${constraintOf(violation)}`;
  const said = shape.secret ? "Value" : `Value '${shown(within?.value ?? value)}'`;
  const constraint = within ? `${within.as} must satisfy constraint: [${demands(shape)}]` : constraintOf(violation);
  return `${said} at '${at}' failed to satisfy constraint: ${constraint}`;
}

/** All that a plain value in a list or a map has to be. */
function demands(shape: Shape): string {
  const rules = (["max", "min", "pattern", "enum"] as const).filter((rule) => shape[rule] !== undefined);
  return rules.map((rule) => demand(shape, rule, false)).join(", ");
}

function demand(shape: Shape, rule: "enum" | "min" | "max" | "pattern", isNumber: boolean): string {
  const size = isNumber ? "value" : "length";
  if (rule === "min") return `Member must have ${size} greater than or equal to ${shape.min}`;
  if (rule === "max") return `Member must have ${size} less than or equal to ${shape.max}`;
  if (rule === "enum") return `Member must satisfy enum value set: [${shape.enum?.join(", ")}]`;
  return `Member must satisfy regular expression pattern: ${shape.pattern}`;
}

/** As Java writes it. */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const text = Array.isArray(value)
    ? `[${value.map(shown).join(", ")}]`
    : `{${Object.entries(value)
        .map(([name, one]) => `${name}=${shown(one)}`)
        .join(", ")}}`;
  return text.length > LONGEST_REPEATED ? `${text.slice(0, LONGEST_REPEATED)}...` : text;
}

function small(part: string): string {
  return part.charAt(0).toLowerCase() + part.slice(1);
}
