import type { NormalizedSchema } from "@smithy/core/schema";
import type { Json } from "./output.ts";
import { readShorthand, type Shorthand, ShorthandError } from "./shorthand.ts";

/** A value of the command line that is none of its parameter's type, in the words of the `aws` command. */
export class ParameterError extends Error {}

/**
 * A parameter's value: as JSON where it looks like that, as shorthand where its type has parts, as it is otherwise.
 *
 * @param texts what stood behind the option; one text unless it is a list
 * @param option without the dashes, for messages
 * @throws ParameterError
 */
export function parameterValue(schema: NormalizedSchema, texts: readonly string[], option: string): unknown {
  const [first = ""] = texts;
  const parsing = <Value>(read: () => Value): Value => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ShorthandError)) throw error;
      throw new ParameterError(`Error parsing parameter '--${option}': ${error.message}`);
    }
  };
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    if (texts.length === 1 && first.trimStart().startsWith("[")) return typed(schema, json(first, option), option);
    return texts.map((text) => parameterValue(item, [text], option));
  }
  if (schema.isStructSchema() || schema.isMapSchema()) {
    if (first.trimStart().startsWith("{")) return typed(schema, json(first, option), option);
    return typed(
      schema,
      parsing(() => readShorthand(first)),
      option,
    );
  }
  return scalar(schema, first, option);
}

/** A whole input that was given as JSON. */
export function inputOf(schema: NormalizedSchema, text: string): Record<string, unknown> {
  const value = json(text, "cli-input-json");
  return typed(schema, value, "cli-input-json") as Record<string, unknown>;
}

function json(text: string, option: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new ParameterError(
      `Error parsing parameter '--${option}': Invalid JSON: ${(error as Error).message}\nJSON received: ${text}`,
    );
  }
}

/** Gives the parts of a value the types of their members: shorthand knows nothing but texts, and one text for a list. */
function typed(schema: NormalizedSchema, value: Json | Shorthand, option: string): unknown {
  if (value === null) return undefined;
  if (schema.isListSchema()) {
    const list = Array.isArray(value) ? value : [value];
    return list.map((item) => typed(schema.getValueSchema(), item, option));
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    return typeof value === "string" ? scalar(schema, value, option) : value;
  }
  if (schema.isMapSchema()) {
    const valueSchema = schema.getValueSchema();
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, typed(valueSchema, part, option)]));
  }
  if (!schema.isStructSchema()) return value;
  const members = new Map(schema.structIterator());
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const member = members.get(key);
      // Names that nobody knows are told with all that is wrong with the input.
      return [key, member ? typed(member, part, option) : part];
    }),
  );
}

function scalar(schema: NormalizedSchema, text: string, option: string): unknown {
  if (schema.isBooleanSchema()) return text.toLowerCase() !== "false";
  if (schema.isTimestampSchema()) return new Date(/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : text);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, "base64"));
  if (!schema.isNumericSchema()) return text;
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) {
    throw new ParameterError(
      `Error parsing parameter '--${option}': invalid literal for int() with base 10: '${text}'`,
    );
  }
  return number;
}

/** What botocore finds wrong with an input before it sends anything: names that nobody knows, and wrong types. */
export function problemsOf(schema: NormalizedSchema, value: unknown, at = "input"): string[] {
  if (value === undefined) return [];
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return [wrongType(at, value, "<class 'list'>, <class 'tuple'>")];
    const item = schema.getValueSchema();
    return value.flatMap((one, index) => problemsOf(item, one, `${at === "input" ? "" : at}[${index}]`));
  }
  if (schema.isStructSchema() || schema.isMapSchema()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return [wrongType(at, value, "<class 'dict'>")];
    }
    const members = schema.isStructSchema() ? new Map(schema.structIterator()) : undefined;
    return Object.entries(value).flatMap(([key, part]) => {
      const member = members ? members.get(key) : schema.getValueSchema();
      if (member) return problemsOf(member, part, at === "input" ? key : `${at}.${key}`);
      const known = [...(members ?? new Map()).keys()].join(", ");
      return [`Unknown parameter in ${at}: "${key}", must be one of: ${known}`];
    });
  }
  if (schema.isStringSchema() && typeof value !== "string") return [wrongType(at, value, "<class 'str'>")];
  if (schema.isNumericSchema() && typeof value !== "number") return [wrongType(at, value, "<class 'int'>")];
  if (schema.isBooleanSchema() && typeof value !== "boolean") return [wrongType(at, value, "<class 'bool'>")];
  return [];
}

function wrongType(at: string, value: unknown, valid: string): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return `Invalid type for parameter ${at}, value: ${text}, type: ${pythonType(value)}, valid types: ${valid}`;
}

function pythonType(value: unknown): string {
  if (Array.isArray(value)) return "<class 'list'>";
  const names = { string: "str", number: "int", boolean: "bool" } as const;
  return `<class '${names[typeof value as keyof typeof names] ?? "dict"}'>`;
}

/** An answer as JSON, with the members that its schema names. */
export function jsonOf(schema: NormalizedSchema, value: unknown): Json {
  if (value instanceof Date) return pythonTime(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map((item) => jsonOf(schema.getValueSchema(), item));
  if (typeof value !== "object" || value === null) return (value ?? null) as Json;
  const entries = schema.isStructSchema()
    ? [...schema.structIterator()].map(
        ([name, member]) => [name, member, (value as Record<string, unknown>)[name]] as const,
      )
    : Object.entries(value).map(([key, part]) => [key, schema.getValueSchema(), part] as const);
  const present = entries.filter(([, , part]) => part !== undefined && part !== null);
  return Object.fromEntries(present.map(([name, member, part]) => [name, jsonOf(member, part)]));
}

/** A time as Python's `isoformat` writes it. */
function pythonTime(time: Date): string {
  const [seconds = "", fraction = ""] = time.toISOString().slice(0, -1).split(".");
  return `${seconds}${fraction === "000" ? "" : `.${fraction}000`}+00:00`;
}
