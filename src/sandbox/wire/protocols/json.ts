import { JsonCodec2 } from "@smithy/core/protocols";
import { checkNames } from "../check.ts";
import type { Failure } from "../failure.ts";
import { Malformed } from "../malformed.ts";
import type { HttpReply } from "../message.ts";
import type { BodyCodec, Model } from "../model.ts";
import type { Protocol } from "./protocol.ts";
import { faultOf } from "./protocol.ts";

const EPOCH_SECONDS = 7;

const codec = new JsonCodec2({
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
  jsonName: false,
}) as unknown as BodyCodec;

/** ECS, ECR, ACM, SSM; versions 1.0 and 1.1 differ in nothing but the content type. */
export const awsJson: Protocol = {
  family: "json",
  operation: (request) => request.headers["x-amz-target"]?.split(".").at(-1),
  input(request, { input }) {
    if (input.isUnitSchema() || request.body.length === 0) return {};
    const text = Buffer.from(request.body).toString("utf8");
    checkNames(input, parseJson(text), (name) => name);
    return codec.createDeserializer().read(input, text);
  },
  output(value, { output }, model, requestId) {
    if (output.isUnitSchema()) return json(200, "{}", model, requestId);
    const serializer = codec.createSerializer();
    serializer.write(output, value);
    return json(200, serializer.flush(), model, requestId);
  },
  failure(failure, model, requestId) {
    const reply = json(failure.status, jsonError(failure), model, requestId);
    return { ...reply, headers: { ...reply.headers, ...queryErrorHeader(failure, model) } };
  },
};

/** @throws Malformed */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed("", "is no valid JSON");
  }
}

/** The error body that all JSON protocols share. */
export function jsonError({ name, message, messageMember, details }: Failure): string {
  return JSON.stringify({ __type: name, [messageMember]: message, ...details });
}

/** Tells clients the code that a service used while it spoke the query protocol (CloudWatch, SQS). */
export function queryErrorHeader({ code, status }: Failure, model: Model | undefined): Record<string, string> {
  return model?.queryCompatible ? { "x-amzn-query-error": `${code};${faultOf(status)}` } : {};
}

function json(status: number, body: string | Uint8Array, model: Model | undefined, requestId: string): HttpReply {
  const version = model?.protocol === "awsJson1_0" ? "1.0" : "1.1";
  return {
    status,
    headers: { "content-type": `application/x-amz-json-${version}`, "x-amzn-requestid": requestId },
    body,
  };
}
