import type { NormalizedSchema } from "@smithy/core/schema";
import { toText } from "./text.ts";

/** The members of a structure as XML elements, without an element around them. */
export function writeMembers(
  schema: NormalizedSchema,
  value: object,
  included: (member: NormalizedSchema) => boolean = () => true,
): string {
  let xml = "";
  for (const [name, member] of schema.structIterator()) {
    const content = (value as Record<string, unknown>)[name];
    if (content === undefined || content === null || !included(member)) continue;
    xml += writeMember(member.getMemberTraits().xmlName ?? name, member, content);
  }
  return xml;
}

/** One element with text in it. */
export function element(name: string, text: string): string {
  return `<${name}>${escapeText(text)}</${name}>`;
}

/** A value under its element; a flattened list or map is a row of such elements. */
export function writeMember(name: string, schema: NormalizedSchema, value: unknown): string {
  const flat = schema.getMergedTraits().xmlFlattened !== undefined;
  if (schema.isListSchema()) {
    return flat
      ? writeItems(name, schema, value as unknown[])
      : wrap(name, writeItems(undefined, schema, value as unknown[]));
  }
  if (schema.isMapSchema()) {
    return flat
      ? writeEntries(name, schema, value as object)
      : wrap(name, writeEntries("entry", schema, value as object));
  }
  if (schema.isStructSchema()) return wrap(name, writeMembers(schema, value as object));
  return element(name, toText(schema, value, "date-time"));
}

function writeItems(name: string | undefined, schema: NormalizedSchema, values: readonly unknown[]): string {
  const item = schema.getValueSchema();
  const itemName = name ?? item.getMergedTraits().xmlName ?? "member";
  let xml = "";
  for (const value of values) {
    if (value !== undefined && value !== null) xml += writeMember(itemName, item, value);
  }
  return xml;
}

function writeEntries(name: string, schema: NormalizedSchema, entries: object): string {
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
  const valueSchema = schema.getValueSchema();
  const valueName = valueSchema.getMergedTraits().xmlName ?? "value";
  let xml = "";
  for (const [key, value] of Object.entries(entries)) {
    if (value === undefined || value === null) continue;
    xml += wrap(name, element(keyName, key) + writeMember(valueName, valueSchema, value));
  }
  return xml;
}

function wrap(name: string, xml: string): string {
  return xml === "" ? `<${name}/>` : `<${name}>${xml}</${name}>`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Control characters become references, which XML 1.0 forbids for most of them but which every AWS client reads. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"\p{Cc}\u2028]/gu, (character) => {
    return ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}
