import type { NormalizedSchema } from "@smithy/core/schema";
import { isInBody, payloadMember, readBindings, writeBindings } from "../bindings.ts";
import { checkNames } from "../check.ts";
import type { HttpReply } from "../message.ts";
import type { BodyCodec, Model, OperationModel } from "../model.ts";
import { routeOf } from "../route.ts";
import { writeMember, writeMembers } from "../xml.ts";
import { jsonError, parseJson } from "./json.ts";
import type { Protocol } from "./protocol.ts";
import { namespace, wrappedError, xml } from "./query.ts";

/** Route 53. */
export const restXml: Protocol = {
  ...rest((operation, body, codec) => codec.createDeserializer().read(operation, body)),
  family: "rest-xml",
  output(value, operation, model, requestId) {
    return respond(value, operation, xml(200, "", requestId), (payload) => {
      if (payload === undefined) {
        const members = writeMembers(operation.output, value, isInBody);
        return `${XML_HEAD}<${operation.name}Response${namespace(model)}>${members}</${operation.name}Response>`;
      }
      const [name, schema, content] = payload;
      return XML_HEAD + writeMember(schema.getMergedTraits().xmlName ?? schema.getName() ?? name, schema, content);
    });
  },
  failure(failure, model, requestId) {
    return xml(failure.status, wrappedError(failure, model, requestId), requestId);
  },
};

/** GuardDuty, EKS, Lambda. */
export const restJson: Protocol = {
  ...rest((schema, body, codec) => {
    const text = Buffer.from(body).toString("utf8");
    checkNames(schema, parseJson(text), (name, member) => member.getMergedTraits().jsonName ?? name);
    return codec.createDeserializer().read(schema, text);
  }),
  family: "rest-json",
  output(value, operation, model, requestId) {
    const envelope: HttpReply = { status: 200, headers: jsonHeaders(requestId), body: "" };
    return respond(value, operation, envelope, (payload) => {
      const serializer = model.codec().createSerializer();
      if (payload === undefined) serializer.write(operation.output, bodyOf(operation.output, value));
      else serializer.write(payload[1], payload[2]);
      return serializer.flush();
    });
  },
  failure(failure, _model, requestId) {
    const headers = { ...jsonHeaders(requestId), "x-amzn-errortype": failure.name };
    return { status: failure.status, headers, body: jsonError(failure) };
  },
};

const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

type ReadBody = (schema: NormalizedSchema, body: Uint8Array, codec: BodyCodec) => unknown;

/** What the two REST protocols share: the URL and the headers carry some members, the body the others. */
function rest(readBody: ReadBody): Pick<Protocol, "operation" | "input"> {
  return {
    operation: (request, model) => routeOf(request, model)?.operation.name,
    async input(request, operation, model) {
      const { input } = operation;
      if (input.isUnitSchema()) return {};
      const bound = readBindings(input, request, routeOf(request, model)?.labels ?? {});
      if (request.body.length === 0) return bound;
      return { ...(await bodyInput(input, request.body, model, readBody)), ...bound };
    },
  };
}

async function bodyInput(input: NormalizedSchema, body: Uint8Array, model: Model, readBody: ReadBody): Promise<object> {
  const payload = payloadMember(input);
  if (payload === undefined) return (await readBody(input, body, model.codec())) as object;
  const [name, schema] = payload;
  if (schema.isBlobSchema()) return { [name]: body };
  if (schema.isStringSchema()) return { [name]: Buffer.from(body).toString("utf8") };
  return { [name]: await readBody(schema, body, model.codec()) };
}

/** Puts the members that are bound to the status and the headers there, and the rest into the body. */
function respond(
  value: object,
  { output, http }: OperationModel,
  envelope: HttpReply,
  writeBody: (payload: readonly [string, NormalizedSchema, unknown] | undefined) => string | Uint8Array,
): HttpReply {
  const fallback = http?.[2] ?? 200;
  if (output.isUnitSchema()) return { ...envelope, status: fallback };
  const { status, headers } = writeBindings(output, value);
  const payload = payloadMember(output);
  const content = payload && (value as Record<string, unknown>)[payload[0]];
  return {
    status: status ?? fallback,
    headers: { ...envelope.headers, ...headers },
    body: payload === undefined ? writeBody(undefined) : payloadBody([...payload, content], writeBody),
  };
}

function payloadBody(
  payload: readonly [string, NormalizedSchema, unknown],
  writeBody: (payload: readonly [string, NormalizedSchema, unknown]) => string | Uint8Array,
): string | Uint8Array {
  const [, schema, content] = payload;
  if (content === undefined || content === null) return "";
  if (schema.isBlobSchema() || schema.isStringSchema()) return content as string | Uint8Array;
  return writeBody(payload);
}

/** Only what belongs into the body, or the JSON codec would write bound members there as well. */
function bodyOf(schema: NormalizedSchema, value: object): object {
  const bound = new Set<string>();
  for (const [name, member] of schema.structIterator()) if (!isInBody(member)) bound.add(name);
  return Object.fromEntries(Object.entries(value).filter(([name]) => !bound.has(name)));
}

function jsonHeaders(requestId: string): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-requestid": requestId };
}
