import { CborCodec, cbor } from "@smithy/core/cbor";
import { checkNames } from "../check.ts";
import { Malformed } from "../malformed.ts";
import type { BodyCodec } from "../model.ts";
import { queryErrorHeader } from "./json.ts";
import type { Protocol } from "./protocol.ts";

const codec = new CborCodec() as unknown as BodyCodec;

/** Smithy RPC v2 with CBOR bodies: what the `aws` CLI speaks to CloudWatch. */
export const rpcV2Cbor: Protocol = {
  family: "json",
  operation: (request) => /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(request.path)?.[1],
  input(request, { input }) {
    if (input.isUnitSchema() || request.body.length === 0) return {};
    checkNames(input, parseCbor(request.body), (name) => name);
    return codec.createDeserializer().read(input, request.body);
  },
  output(value, { output }, _model, requestId) {
    const serializer = codec.createSerializer();
    serializer.write(output, output.isUnitSchema() ? {} : value);
    return { status: 200, headers: headers(requestId), body: serializer.flush() };
  },
  failure(failure, model, requestId) {
    const body = cbor.serialize({ __type: failure.name, [failure.messageMember]: failure.message });
    return { status: failure.status, headers: { ...headers(requestId), ...queryErrorHeader(failure, model) }, body };
  },
};

function parseCbor(body: Uint8Array): unknown {
  try {
    return cbor.deserialize(body);
  } catch {
    throw new Malformed("", "is no valid CBOR");
  }
}

function headers(requestId: string): Record<string, string> {
  return { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-requestid": requestId };
}
