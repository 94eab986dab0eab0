import { BlockList, isIP } from "node:net";

/** An event pattern cannot be read, or does not say what AWS takes. */
export class InvalidPattern extends Error {}

type Matches = (value: unknown) => boolean;
/** Whether one place of an event is as wanted; undefined: there is nothing. */
type Test = (value: unknown) => boolean;

/**
 * Whether an event has what a pattern says. ("Comparison operators for use in event patterns", EventBridge User Guide)
 *
 * @throws InvalidPattern
 */
export function patternOf(text: string): (event: object) => boolean {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch {
    throw new InvalidPattern("Filter is not valid JSON");
  }
  if (!isObject(pattern)) throw new InvalidPattern("Filter is not an object");
  return objectTest(pattern, "");
}

function objectTest(pattern: Readonly<Record<string, unknown>>, path: string): Test {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new InvalidPattern("Empty objects are not allowed");
  const tests = entries.map(([key, wanted]) => memberTest(key, wanted, path === "" ? key : `${path}.${key}`));
  return (value) => tests.every((test) => test(value));
}

function memberTest(key: string, wanted: unknown, path: string): Test {
  if (key === "$or") return anyOf(wanted, path);
  const at = (value: unknown) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined);
  if (isObject(wanted)) {
    const inner = objectTest(wanted, path);
    // Of a list one element has to have it all.
    return (value) => {
      const found = at(value);
      return Array.isArray(found) ? found.some(inner) : inner(found);
    };
  }
  if (!Array.isArray(wanted)) throw new InvalidPattern(`"${path}" must be an object or an array`);
  if (wanted.length === 0) throw new InvalidPattern("Empty arrays are not allowed");
  const leaves = wanted.map((leaf) => leafTest(leaf, path));
  return (value) => {
    const found = at(value);
    const values = Array.isArray(found) && found.length > 0 ? found : [found];
    return leaves.some((leaf) => values.some(leaf));
  };
}

function anyOf(wanted: unknown, path: string): Test {
  if (!Array.isArray(wanted) || wanted.length < 2 || !wanted.every(isObject)) {
    throw new InvalidPattern("There must have at least 2 Objects in $or relationship");
  }
  const tests = wanted.map((one) => objectTest(one, path));
  return (value) => tests.some((test) => test(value));
}

function leafTest(leaf: unknown, path: string): Matches {
  if (!isObject(leaf)) {
    if (Array.isArray(leaf)) throw new InvalidPattern(`"${path}" has a list within its list`);
    return (value) => value !== undefined && value === leaf;
  }
  const [entry, ...more] = Object.entries(leaf);
  if (!entry || more.length > 0) throw new InvalidPattern("Only one key allowed in match expression");
  const [name, operand] = entry;
  const operator = OPERATORS[name];
  if (!operator || !Object.hasOwn(OPERATORS, name)) throw new InvalidPattern(`Unrecognized match type ${name}`);
  return operator(operand, name);
}

/** Operators by name. @throws InvalidPattern for an operand that is none */
const OPERATORS: Readonly<Record<string, (operand: unknown, name: string) => Matches>> = {
  prefix: (operand) => affix(operand, "prefix", (text, end) => text.startsWith(end)),
  suffix: (operand) => affix(operand, "suffix", (text, end) => text.endsWith(end)),
  "equals-ignore-case"(operand, name) {
    const wanted = textIn(operand, name).toLowerCase();
    return onText((text) => text.toLowerCase() === wanted);
  },
  wildcard(operand, name) {
    const words = textIn(operand, name);
    if (words.includes("**")) throw new InvalidPattern("Consecutive wildcard characters");
    // A backslash takes a star or itself as it is written.
    const parts = words.match(/\\[\\*]|[^\\]|\\/g) ?? [];
    const source = parts.map((part) => (part === "*" ? ".*" : escaped(part.length > 1 ? part.slice(1) : part)));
    const expression = new RegExp(`^${source.join("")}$`, "s");
    return onText((text) => expression.test(text));
  },
  exists(operand) {
    if (typeof operand !== "boolean") throw new InvalidPattern("exists match pattern must be either true or false");
    return (value) => (value !== undefined) === operand;
  },
  cidr(operand, name) {
    const [, address = "", bits = ""] = /^(.+)\/(\d{1,3})$/.exec(textIn(operand, name)) ?? [];
    const family = isIP(address);
    if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) throw new InvalidPattern("Malformed CIDR");
    const range = new BlockList();
    range.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
    return onText((text) => isIP(text) === family && range.check(text, family === 4 ? "ipv4" : "ipv6"));
  },
  numeric: numericRange,
  "anything-but": anythingBut,
};

function affix(operand: unknown, name: string, has: (text: string, affix: string) => boolean): Matches {
  if (isObject(operand) && Object.keys(operand).join() === "equals-ignore-case") {
    const wanted = textIn(operand["equals-ignore-case"], name).toLowerCase();
    return onText((text) => has(text.toLowerCase(), wanted));
  }
  const wanted = textIn(operand, name);
  return onText((text) => has(text, wanted));
}

const COMPARISONS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  "=": (one, other) => one === other,
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
};

/** `[">", 0, "<=", 5]` */
function numericRange(operand: unknown): Matches {
  const parts = Array.isArray(operand) ? operand : [];
  if (parts.length !== 2 && parts.length !== 4)
    throw new InvalidPattern("Invalid numeric match: one or two comparisons");
  const tests = parts.flatMap((sign, index) => {
    if (index % 2 === 1) return [];
    const compare = COMPARISONS[String(sign)];
    const limit: unknown = parts[index + 1];
    if (!compare) throw new InvalidPattern(`Unrecognized numeric range operator: ${sign}`);
    if (typeof limit !== "number") throw new InvalidPattern(`Value of ${sign} must be numeric`);
    return (value: number) => compare(value, limit);
  });
  return (value) => typeof value === "number" && tests.every((test) => test(value));
}

/** What a value, which must be there, is not. */
function anythingBut(operand: unknown, name: string): Matches {
  if (isObject(operand)) {
    const [entry, ...more] = Object.entries(operand);
    const inner =
      entry && /^(prefix|suffix|equals-ignore-case|wildcard)$/.test(entry[0]) ? OPERATORS[entry[0]] : undefined;
    if (!entry || !inner || more.length > 0) throw new InvalidPattern(`Unsupported ${name} pattern: ${entry?.[0]}`);
    const unwanted = [entry[1]].flat().map((one) => inner(one, entry[0]));
    return (value) => value !== undefined && !unwanted.some((matches) => matches(value));
  }
  const unwanted = [operand].flat();
  if (unwanted.length === 0 || !unwanted.every((one) => typeof one === "string" || typeof one === "number")) {
    throw new InvalidPattern(`Value of ${name} must be an array or single string/number value.`);
  }
  return (value) => value !== undefined && !unwanted.includes(value as string | number);
}

function onText(matches: (text: string) => boolean): Matches {
  return (value) => typeof value === "string" && matches(value);
}

function textIn(operand: unknown, name: string): string {
  if (typeof operand === "string") return operand;
  throw new InvalidPattern(`${name} match pattern must be a string`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
