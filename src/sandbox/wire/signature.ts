import { timingSafeEqual } from "node:crypto";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import type { HttpRequest } from "./message.ts";
import type { Asked, AwsError, Caller } from "./service.ts";

/** What a signed request says about itself. */
export interface Credential {
  readonly accessKeyId: string;
  readonly region: string;
  /** Name of the service, e.g. `elasticloadbalancing`. */
  readonly service: string;
}

/** Who may call. */
export interface Principal {
  readonly secretAccessKey: string;
  /** Twelve digits. */
  readonly account: string;
  readonly caller: Caller;
  /** Undefined: the keys are lasting ones, of somebody who may do everything. */
  readonly session?: Session | undefined;
}

/** What goes with keys that are good for a time. */
export interface Session {
  /** Sent along with each request. */
  readonly token: string;
  /** Why a call is refused, as the service says it; undefined: it is allowed. */
  refused(asked: Asked): AwsError | undefined;
}

interface Authorization extends Credential {
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** `AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=hex` */
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;

/** Reads the `Authorization` header of a request; undefined: it is not signed with Signature Version 4. */
export function credentialOf({ headers }: HttpRequest): Credential | undefined {
  return credentialIn(headers.authorization ?? "");
}

/** Reads an `Authorization` header, as `credentialOf`. */
export function credentialIn(header: string): Credential | undefined {
  return authorizationIn(header);
}

function authorizationIn(header: string): Authorization | undefined {
  const parts = AUTHORIZATION.exec(header);
  if (!parts) return undefined;
  const [, accessKeyId = "", region = "", service = "", signedHeaders = "", signature = ""] = parts;
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

class Sha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super("sha256", secret);
  }
}

/** True if whoever signed the request knew the secret key: the request is signed again and the results compared. */
export async function isSignedBy(secretAccessKey: string, request: HttpRequest): Promise<boolean> {
  const claimed = authorizationIn(request.headers.authorization ?? "");
  const signingDate = dateOf(request.headers["x-amz-date"]);
  if (!claimed || !signingDate) return false;
  const { accessKeyId, region, service } = claimed;
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: service !== "s3",
  });
  const signed = await signer.sign(unsigned(request, claimed.signedHeaders), {
    signingDate,
    signableHeaders: new Set(claimed.signedHeaders),
  });
  const { signature = "" } = authorizationIn(signed.headers.authorization ?? "") ?? {};
  const [ours, theirs] = [Buffer.from(signature), Buffer.from(claimed.signature)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

/** The request as its signer saw it: only the headers that were signed. */
function unsigned(request: HttpRequest, signedHeaders: readonly string[]): Parameters<SignatureV4["sign"]>[0] & object {
  const headers: Record<string, string> = {};
  for (const name of signedHeaders) headers[name] = request.headers[name] ?? "";
  const query: Record<string, string | string[]> = {};
  for (const key of request.query.keys()) query[key] = request.query.getAll(key);
  const { method, path, body } = request;
  return { method, protocol: "http:", hostname: headers.host ?? "", path, query, headers, body };
}

/** `20261122T040506Z` as a date. */
function dateOf(text: string | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "");
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
