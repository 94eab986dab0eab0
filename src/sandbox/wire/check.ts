import type { NormalizedSchema } from "@smithy/core/schema";
import { NumericValue } from "@smithy/core/serde";
import { Malformed, UnknownMember } from "./malformed.ts";

/** A required member that a request does not carry. */
export class MissingMember extends Error {
  /** Path from the input, e.g. `Tags.1.Key`. */
  readonly path: string;
  /** Its own name, e.g. `Key`. */
  readonly member: string;

  constructor(path: string, member: string) {
    super(`${path} is missing.`);
    this.name = "MissingMember";
    this.path = path;
    this.member = member;
  }
}

/**
 * Looks through decoded input for missing required members and values of the wrong type. Lengths, patterns and ranges
 * are not in the SDK's schemas, so they are the handlers' business.
 *
 * @throws MissingMember, Malformed
 */
export function checkInput(schema: NormalizedSchema, input: unknown, at = ""): void {
  if (schema.isStructSchema()) checkStructure(schema, input, at);
  else if (schema.isListSchema()) checkList(schema, input, at);
  else if (schema.isMapSchema()) checkMap(schema, input, at);
  else if (!isOfType(schema, input)) throw new Malformed(at, "has the wrong type");
}

function checkStructure(schema: NormalizedSchema, input: unknown, at: string): void {
  if (!isRecord(input)) throw new Malformed(at, "must be a structure");
  const required = requiredCount(schema);
  let index = 0;
  for (const [name, member] of schema.structIterator()) {
    const value = input[name];
    if (value !== undefined && value !== null) checkInput(member, value, join(at, name));
    else if (index < required) throw new MissingMember(join(at, name), name);
    index++;
  }
}

/** Required members come first in a structure's schema; its seventh slot is their count. */
function requiredCount(schema: NormalizedSchema): number {
  const slots = schema.getSchema() as unknown as readonly unknown[];
  return typeof slots[6] === "number" ? slots[6] : 0;
}

function checkList(schema: NormalizedSchema, input: unknown, at: string): void {
  if (!Array.isArray(input)) throw new Malformed(at, "must be a list");
  const item = schema.getValueSchema();
  for (const [index, value] of input.entries()) {
    if (value !== null) checkInput(item, value, join(at, String(index + 1)));
  }
}

function checkMap(schema: NormalizedSchema, input: unknown, at: string): void {
  if (!isRecord(input)) throw new Malformed(at, "must be a map");
  const valueSchema = schema.getValueSchema();
  for (const [key, value] of Object.entries(input)) {
    if (value !== null) checkInput(valueSchema, value, join(at, key));
  }
}

function isOfType(schema: NormalizedSchema, value: unknown): boolean {
  if (schema.isStringSchema()) return typeof value === "string" || value instanceof String;
  if (schema.isBooleanSchema()) return typeof value === "boolean";
  if (schema.isNumericSchema()) return typeof value === "number";
  if (schema.isTimestampSchema()) return value instanceof Date && !Number.isNaN(value.getTime());
  if (schema.isBlobSchema()) return value instanceof Uint8Array;
  if (schema.isBigIntegerSchema()) return typeof value === "bigint" || typeof value === "number";
  if (schema.isBigDecimalSchema()) return value instanceof NumericValue || typeof value === "number";
  return true;
}

/**
 * Looks through a body as parsed, before the SDK's codec drops what it does not know.
 *
 * @param nameOf what a member is called in the body
 * @throws UnknownMember
 */
export function checkNames(
  schema: NormalizedSchema,
  body: unknown,
  nameOf: (name: string, member: NormalizedSchema) => string,
  at = "",
): void {
  if (Array.isArray(body)) {
    if (!schema.isListSchema()) return;
    for (const [index, item] of body.entries()) {
      checkNames(schema.getValueSchema(), item, nameOf, join(at, String(index + 1)));
    }
  } else if (isRecord(body)) {
    if (schema.isMapSchema()) {
      for (const [key, value] of Object.entries(body))
        checkNames(schema.getValueSchema(), value, nameOf, join(at, key));
    } else if (schema.isStructSchema()) {
      checkMemberNames(schema, body, nameOf, at);
    }
  }
}

function checkMemberNames(
  schema: NormalizedSchema,
  body: Readonly<Record<string, unknown>>,
  nameOf: (name: string, member: NormalizedSchema) => string,
  at: string,
): void {
  const members = new Map<string, NormalizedSchema>();
  for (const [name, member] of schema.structIterator()) members.set(nameOf(name, member), member);
  for (const [key, value] of Object.entries(body)) {
    const member = members.get(key);
    if (member) checkNames(member, value, nameOf, join(at, key));
    else if (key !== "__type") throw new UnknownMember(join(at, key));
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}
