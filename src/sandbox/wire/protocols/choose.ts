import type { HttpRequest } from "../message.ts";
import type { Model } from "../model.ts";
import { rpcV2Cbor } from "./cbor.ts";
import { awsJson } from "./json.ts";
import type { Protocol } from "./protocol.ts";
import { awsQuery, ec2Query } from "./query.ts";
import { restJson, restXml } from "./rest.ts";

/**
 * Tells a request's protocol by its looks and not by its service alone, because clients choose: to CloudWatch the SDK
 * for JavaScript speaks JSON and the `aws` CLI CBOR.
 *
 * @param model absent if the service is unknown
 */
export function protocolOf({ path, headers }: HttpRequest, model: Model | undefined): Protocol {
  const contentType = headers["content-type"] ?? "";
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return rpcV2Cbor;
  if (headers["x-amz-target"] !== undefined) return awsJson;
  if (model?.protocol === "restXml") return restXml;
  if (model?.protocol === "restJson1") return restJson;
  if (model?.protocol === "ec2Query") return ec2Query;
  if (contentType.startsWith("application/json")) return restJson;
  if (!model && path !== "/" && SIGNED_FOR_JSON.test(headers.authorization ?? "")) return restJson;
  return awsQuery;
}

/** Only REST has something in its path, and that is JSON, but for these two services. */
const SIGNED_FOR_JSON = /\/(?!s3\/|cloudfront\/)[\w-]+\/aws4_request/;
