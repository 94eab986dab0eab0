/** What AWS's model of a service says about one shape of an input. Only what restricts something is there. */
export interface Shape {
  /** Members that have to be there. */
  readonly required?: readonly string[];
  /** Shapes of a structure's members, by name. */
  readonly members?: Readonly<Record<string, string>>;
  /** Shape of a list's items, and of a map's values. */
  readonly item?: string;
  /** Shape of a map's keys. */
  readonly key?: string;
  readonly enum?: readonly string[];
  /** Of a number its least value, of a text, a list or a map its least length. */
  readonly min?: number;
  readonly max?: number;
  /** A regular expression of Java that has to match the whole text. */
  readonly pattern?: string;
  /** True: its value is never repeated in an answer. */
  readonly secret?: boolean;
}

/** What AWS's model says about the input of a service's operations, as `scripts/service-models.ts` writes it. */
export interface Rules {
  /** Name of the input's shape, by operation; null: nothing in it is restricted. */
  readonly operations: Readonly<Record<string, string | null>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Names of filters that AWS documents, by operation; `tag:` stands for all of that beginning. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
  /** How an operation's list is read page by page, by operation. */
  readonly pages?: Readonly<Record<string, Pages>>;
  /** States that clients wait for, by name (`ServicesStable`). */
  readonly waiters?: Readonly<Record<string, Waiter>>;
}

/** A list that comes in pages: names of members of the input and of the answer. */
export interface Pages {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly results: readonly string[];
}

/** A state that is asked for until it is there. */
export interface Waiter {
  readonly operation: string;
  /** Seconds between two calls. */
  readonly delay: number;
  readonly maxAttempts: number;
  readonly acceptors: readonly Acceptor[];
}

/** What an answer (`path...`: a JMESPath expression of it) or an error means for who waits. */
export interface Acceptor {
  readonly state: "success" | "failure" | "retry";
  readonly matcher: "path" | "pathAll" | "pathAny" | "error" | "status";
  readonly argument?: string;
  readonly expected: unknown;
}

/** One thing in an input that the model does not allow. */
export interface Violation {
  /** As the model writes it: `Tags.1.Key`; numbers count from 1. */
  readonly path: string;
  /** Undefined: it is missing. */
  readonly value: unknown;
  /** The part of the shape that the value does not satisfy. */
  readonly rule: "required" | "enum" | "min" | "max" | "pattern" | "filter";
  readonly shape: Shape;
  /** The list or map at the path, if the value is a plain one in it. */
  readonly within?: { readonly value: object; readonly as: "Member" | "Map key" | "Map value" };
}

/** Longer texts are not compared with a pattern: their length is refused, or nothing says how long they may be. */
const LONGEST_COMPARED = 20_000;

/** All violations of an input whose types are right, in the order in which the model names its members. */
export function violationsOf(rules: Rules, operation: string, input: object): Violation[] {
  const found: Violation[] = [];
  look(rules.operations[operation], input, "");
  const { Filters, Filter } = input as Readonly<Record<string, { Name?: string }[] | undefined>>;
  lookAtFilters(Filters ?? Filter);
  return found;

  function lookAtFilters(filters: readonly { Name?: string }[] = []): void {
    const known = rules.filters?.[operation];
    if (!known) return;
    for (const [index, { Name = "" }] of filters.entries()) {
      if (known.includes(Name.startsWith("tag:") ? "tag:" : Name)) continue;
      found.push({ path: `Filters.${index + 1}.Name`, value: Name, rule: "filter", shape: { enum: known } });
    }
  }

  function look(name: string | null | undefined, value: unknown, path: string): void {
    const shape = shapeOf(name);
    if (!shape || value === undefined || value === null) return;
    for (const rule of brokenBy(shape, value)) found.push({ path, value, rule, shape });
    if (shape.members || shape.required) lookAtMembers(shape, value as Record<string, unknown>, path);
    else if (Array.isArray(value)) lookInside(shape.item, value, Object.entries(value), path, "Member");
    else if (typeof value === "object") lookAtEntries(shape, value, path);
  }

  function lookAtMembers(shape: Shape, value: Record<string, unknown>, path: string): void {
    for (const name of shape.required ?? []) {
      if (value[name] !== undefined && value[name] !== null) continue;
      found.push({ path: join(path, name), value: undefined, rule: "required", shape });
    }
    for (const [name, member] of Object.entries(shape.members ?? {})) look(member, value[name], join(path, name));
  }

  function lookAtEntries(shape: Shape, map: object, path: string): void {
    const keys = Object.keys(map).map((key): [string, unknown] => [key, key]);
    lookInside(shape.key, map, keys, path, "Map key");
    lookInside(shape.item, map, Object.entries(map), path, "Map value");
  }

  /** What is wrong with plain values is said of the whole that they are in, and once. */
  function lookInside(
    name: string | undefined,
    whole: object,
    parts: readonly (readonly [string, unknown])[],
    path: string,
    as: "Member" | "Map key" | "Map value",
  ): void {
    const shape = shapeOf(name);
    if (!shape) return;
    for (const [key, value] of parts) {
      if (typeof value === "object") {
        look(name, value, join(path, Array.isArray(whole) ? `${Number(key) + 1}` : key));
        continue;
      }
      const [rule] = brokenBy(shape, value);
      if (!rule) continue;
      found.push({ path, value, rule, shape, within: { value: whole, as } });
      return;
    }
  }

  function shapeOf(name: string | null | undefined): Shape | undefined {
    return name ? rules.shapes[name] : undefined;
  }
}

function brokenBy(shape: Shape, value: unknown): ("enum" | "min" | "max" | "pattern")[] {
  const { min, max, pattern } = shape;
  const size = sizeOf(value);
  const broken: ("enum" | "min" | "max" | "pattern")[] = [];
  if (shape.enum && !shape.enum.includes(String(value))) broken.push("enum");
  if (min !== undefined && size !== undefined && size < min) broken.push("min");
  if (max !== undefined && size !== undefined && size > max) broken.push("max");
  if (pattern !== undefined && typeof value === "string" && !matches(pattern, value)) broken.push("pattern");
  return broken;
}

/** A number itself, of others the length; undefined: it has none. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  return undefined;
}

const expressions = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  if (text.length > LONGEST_COMPARED) return true;
  let expression = expressions.get(pattern);
  if (!expression) {
    expression = expressionOf(pattern);
    expressions.set(pattern, expression);
  }
  return expression.test(text);
}

/**
 * A pattern of a model as an expression of JavaScript. Most want its Unicode mode, a few have escapes that this mode refuses.
 *
 * @throws SyntaxError
 */
export function expressionOf(pattern: string): RegExp {
  // A class of Java's own: what ASCII can print.
  const text = pattern.replaceAll("\\p{Print}", "[ -~]");
  try {
    return new RegExp(`^(?:${text})$`, "u");
  } catch {
    return new RegExp(`^(?:${text})$`);
  }
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
