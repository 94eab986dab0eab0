import type { NormalizedSchema } from "@smithy/core/schema";
import { quoteHeader, splitEvery, splitHeader } from "@smithy/core/serde";
import type { HttpRequest } from "./message.ts";
import { fromText, toText } from "./text.ts";

/** True for a member that the URL, the headers and the status leave to the body. */
export function isInBody(member: NormalizedSchema): boolean {
  const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpResponseCode } =
    member.getMergedTraits();
  const bound = httpLabel ?? httpQuery ?? httpQueryParams ?? httpHeader ?? httpPrefixHeaders ?? httpResponseCode;
  return bound === undefined;
}

/** The member that is the whole body, if there is such a one. */
export function payloadMember(schema: NormalizedSchema): readonly [string, NormalizedSchema] | undefined {
  for (const [name, member] of schema.structIterator()) {
    if (member.getMergedTraits().httpPayload !== undefined) return [name, member];
  }
  return undefined;
}

/**
 * Members of an input that stand outside of the body.
 *
 * @param labels values of the path's labels, decoded
 * @throws Malformed
 */
export function readBindings(
  schema: NormalizedSchema,
  request: HttpRequest,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const named = new Set<string>();
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpQuery !== undefined) named.add(traits.httpQuery);
    const value = readBinding(name, member, request, labels);
    if (value !== undefined) result[name] = value;
  }
  for (const [name, member] of schema.structIterator()) {
    if (member.getMergedTraits().httpQueryParams === undefined) continue;
    result[name] = otherParameters(member, request.query, named);
  }
  return result;
}

function readBinding(
  name: string,
  member: NormalizedSchema,
  request: HttpRequest,
  labels: Readonly<Record<string, string>>,
): unknown {
  const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders } = member.getMergedTraits();
  if (httpLabel !== undefined) {
    const label = labels[name];
    return label === undefined ? undefined : fromText(member, label, name);
  }
  if (httpQuery !== undefined) return readQuery(member, request.query.getAll(httpQuery), name);
  if (httpHeader !== undefined) return readHeader(member, request.headers[httpHeader.toLowerCase()], name);
  if (httpPrefixHeaders !== undefined) return prefixed(request.headers, httpPrefixHeaders.toLowerCase());
  return undefined;
}

function readQuery(member: NormalizedSchema, texts: readonly string[], name: string): unknown {
  const [first] = texts;
  if (first === undefined) return undefined;
  if (!member.isListSchema()) return fromText(member, first, name);
  const item = member.getValueSchema();
  return texts.map((text) => fromText(item, text, name));
}

function readHeader(member: NormalizedSchema, text: string | undefined, name: string): unknown {
  if (text === undefined) return undefined;
  if (!member.isListSchema()) return fromText(member, text, name);
  const item = member.getValueSchema();
  // A date of HTTP has a comma of its own.
  const parts = item.isTimestampSchema() ? splitEvery(text, ",", 2) : splitHeader(text);
  return parts.map((part) => fromText(item, part.trim(), name));
}

function prefixed(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const matching = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(matching.map(([name, text]) => [name.slice(prefix.length), text]));
}

function otherParameters(member: NormalizedSchema, query: URLSearchParams, named: ReadonlySet<string>): object {
  const lists = member.getValueSchema().isListSchema();
  const keys = [...new Set(query.keys())].filter((key) => !named.has(key));
  return Object.fromEntries(keys.map((key) => [key, lists ? query.getAll(key) : query.get(key)]));
}

/** Status and headers that members of an output are bound to. */
export function writeBindings(
  schema: NormalizedSchema,
  value: object,
): { status: number | undefined; headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const [name, member] of schema.structIterator()) {
    const content = (value as Record<string, unknown>)[name];
    if (content === undefined || content === null) continue;
    const { httpHeader, httpPrefixHeaders, httpResponseCode } = member.getMergedTraits();
    if (httpResponseCode !== undefined) status = Number(content);
    if (httpHeader !== undefined) headers[httpHeader.toLowerCase()] = writeHeader(member, content);
    if (httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(content))
        headers[(httpPrefixHeaders + key).toLowerCase()] = String(text);
    }
  }
  return { status, headers };
}

function writeHeader(member: NormalizedSchema, content: unknown): string {
  if (!member.isListSchema()) return toText(member, content, "http-date");
  const item = member.getValueSchema();
  const texts = (content as unknown[]).map((value) => toText(item, value, "http-date"));
  return (item.isTimestampSchema() ? texts : texts.map(quoteHeader)).join(", ");
}
