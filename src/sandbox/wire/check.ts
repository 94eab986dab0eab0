import type { NormalizedSchema } from "@smithy/core/schema";
import { NumericValue } from "@smithy/core/serde";
import { Malformed, UnknownMember } from "./malformed.ts";

/**
 * Looks through decoded input for values of the wrong type.
 *
 * @throws Malformed
 */
export function checkInput(schema: NormalizedSchema, input: unknown, at = ""): void {
  if (schema.isStructSchema()) checkStructure(schema, input, at);
  else if (schema.isListSchema()) checkList(schema, input, at);
  else if (schema.isMapSchema()) checkMap(schema, input, at);
  else if (!isOfType(schema, input)) throw new Malformed(at, "has the wrong type");
}

function checkStructure(schema: NormalizedSchema, input: unknown, at: string): void {
  if (!isRecord(input)) throw new Malformed(at, "must be a structure");
  for (const [name, member] of schema.structIterator()) {
    const value = input[name];
    if (value !== undefined && value !== null) checkInput(member, value, join(at, name));
  }
}

function checkList(schema: NormalizedSchema, input: unknown, at: string): void {
  if (!Array.isArray(input)) throw new Malformed(at, "must be a list");
  const item = schema.getValueSchema();
  for (const [index, value] of input.entries()) {
    if (value === null) refuseNull(schema, join(at, String(index + 1)));
    else checkInput(item, value, join(at, String(index + 1)));
  }
}

function checkMap(schema: NormalizedSchema, input: unknown, at: string): void {
  if (!isRecord(input)) throw new Malformed(at, "must be a map");
  const valueSchema = schema.getValueSchema();
  for (const [key, value] of Object.entries(input)) {
    if (value === null) refuseNull(schema, join(at, key));
    else checkInput(valueSchema, value, join(at, key));
  }
}

/** Lists and maps have no holes unless their model says so. (Smithy, the trait `sparse`; its tests of malformed requests) */
function refuseNull(schema: NormalizedSchema, at: string): void {
  if (!schema.getMergedTraits().sparse) throw new Malformed(at, "must not be null");
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
 * @throws UnknownMember, Malformed
 */
export function checkNames(
  schema: NormalizedSchema,
  body: unknown,
  nameOf: (name: string, member: NormalizedSchema) => string,
  at = "",
): void {
  if (Array.isArray(body)) {
    if (!schema.isListSchema()) throw new Malformed(at, "has the wrong type");
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
