import type { NormalizedSchema } from "@smithy/core/schema";
import { Malformed, UnknownMember } from "./malformed.ts";
import { fromText } from "./text.ts";

/** The two ways in which AWS spells nested input as form keys. */
export type FormDialect = "ec2Query" | "awsQuery";

interface FormNode {
  text: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** Keys of a query request that are no input. */
const ENVELOPE = new Set(["Action", "Version"]);

/**
 * Reads the input of an operation from form parameters such as `Filter.1.Name=vpc-id`.
 *
 * @throws Malformed, UnknownMember
 */
export function readForm(schema: NormalizedSchema, form: URLSearchParams, dialect: FormDialect): unknown {
  return readStructure(schema, formTree(form), "", dialect);
}

function formTree(form: URLSearchParams): FormNode {
  const root: FormNode = { text: undefined, children: new Map() };
  for (const [key, text] of form) {
    if (ENVELOPE.has(key)) continue;
    let node = root;
    for (const part of key.split(".")) node = childOf(node, part);
    node.text = text;
  }
  return root;
}

function childOf(node: FormNode, name: string): FormNode {
  let child = node.children.get(name);
  if (!child) {
    child = { text: undefined, children: new Map() };
    node.children.set(name, child);
  }
  return child;
}

function read(schema: NormalizedSchema, node: FormNode, at: string, dialect: FormDialect): unknown {
  if (schema.isStructSchema()) return readStructure(schema, node, at, dialect);
  if (schema.isListSchema()) return readList(schema, node, at, dialect);
  if (schema.isMapSchema()) return readMap(schema, node, at, dialect);
  if (node.text === undefined) throw new Malformed(at, "must be a single value");
  return fromText(schema, node.text, at);
}

function readStructure(schema: NormalizedSchema, node: FormNode, at: string, dialect: FormDialect): unknown {
  const result: Record<string, unknown> = {};
  const unread = new Set(node.children.keys());
  for (const [name, member] of schema.structIterator()) {
    const key = formKey(name, member, dialect);
    const child = node.children.get(key);
    if (!child) continue;
    unread.delete(key);
    // Nothing is neither a number, nor a truth, nor a time.
    if (child.text === "" && isEmptyIn(member)) continue;
    result[name] = read(member, child, join(at, key), dialect);
  }
  for (const key of unread) throw new UnknownMember(join(at, key));
  return result;
}

function isEmptyIn(member: NormalizedSchema): boolean {
  return member.isNumericSchema() || member.isBooleanSchema() || member.isTimestampSchema();
}

/** EC2: `ec2QueryName`, else the XML name capitalised. The others: the XML name as it is. */
function formKey(name: string, member: NormalizedSchema, dialect: FormDialect): string {
  const { ec2QueryName, xmlName } = member.getMergedTraits() as { ec2QueryName?: string; xmlName?: string };
  const key = xmlName ?? name;
  if (dialect === "awsQuery") return key;
  return ec2QueryName ?? key.charAt(0).toUpperCase() + key.slice(1);
}

function readList(schema: NormalizedSchema, node: FormNode, at: string, dialect: FormDialect): unknown[] {
  const item = schema.getValueSchema();
  const flat = dialect === "ec2Query" || schema.getMergedTraits().xmlFlattened !== undefined;
  const key = item.getMergedTraits().xmlName ?? "member";
  if (node.children.size === 0) {
    // An empty list is sent as an empty value.
    if (node.text === "") return [];
    throw new Malformed(at, `must be a list: ${at}.${flat ? "1" : `${key}.1`}`);
  }
  const [items, prefix] = flat ? [node, at] : [onlyChild(node, key, at), join(at, key)];
  return numbered(items, prefix).map(([index, child]) => read(item, child, join(prefix, index), dialect));
}

function readMap(schema: NormalizedSchema, node: FormNode, at: string, dialect: FormDialect): Record<string, unknown> {
  const flat = schema.getMergedTraits().xmlFlattened !== undefined;
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
  const value = schema.getValueSchema();
  const valueName = value.getMergedTraits().xmlName ?? "value";
  if (node.children.size === 0) return {};
  const [entries, prefix] = flat ? [node, at] : [onlyChild(node, "entry", at), join(at, "entry")];
  const result: [string, unknown][] = [];
  for (const [index, entry] of numbered(entries, prefix)) {
    const key = entry.children.get(keyName)?.text;
    const child = entry.children.get(valueName);
    if (key === undefined || !child) throw new Malformed(join(prefix, index), `must have ${keyName} and ${valueName}`);
    result.push([key, read(value, child, join(join(prefix, index), valueName), dialect)]);
  }
  return Object.fromEntries(result);
}

function onlyChild(node: FormNode, name: string, at: string): FormNode {
  for (const key of node.children.keys()) {
    if (key !== name) throw new UnknownMember(join(at, key));
  }
  return childOf(node, name);
}

/** Children by their number: `10` comes after `9`. */
function numbered(node: FormNode, at: string): [string, FormNode][] {
  for (const key of node.children.keys()) {
    if (!/^\d+$/.test(key)) throw new UnknownMember(join(at, key));
  }
  return [...node.children].sort(([a], [b]) => Number(a) - Number(b));
}

function join(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}
