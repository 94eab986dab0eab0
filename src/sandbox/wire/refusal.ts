import { coralError } from "./coral.ts";
import type { Family } from "./protocols/protocol.ts";
import { AwsError, type Violations } from "./service.ts";

/** What each family of services answers to a request that never reaches an operation. */
interface Refusals {
  readonly unknownKey: readonly [code: string, status: number, message: string];
  readonly badSignature: readonly [code: string, status: number, message: string];
  readonly unsigned: readonly [code: string, status: number, message: string];
  readonly throttled: readonly [code: string, status: number, message: string];
  readonly malformed: string;
  readonly unknownMember: string;
  readonly unknownOperation: readonly [code: string, status: number];
}

const INVALID_TOKEN = "The security token included in the request is invalid.";
const NOT_VALIDATED = "AWS was not able to validate the provided access credentials";
const WRONG_SIGNATURE =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.";
const NO_TOKEN = "Request is missing Authentication Token";

const QUERY: Refusals = {
  unknownKey: ["InvalidClientTokenId", 403, INVALID_TOKEN],
  badSignature: ["SignatureDoesNotMatch", 403, WRONG_SIGNATURE],
  unsigned: ["MissingAuthenticationToken", 403, NO_TOKEN],
  throttled: ["Throttling", 400, "Rate exceeded"],
  malformed: "MalformedInput",
  unknownMember: "ValidationError",
  unknownOperation: ["InvalidAction", 400],
};

const JSON_RPC: Refusals = {
  unknownKey: ["UnrecognizedClientException", 400, INVALID_TOKEN],
  badSignature: ["InvalidSignatureException", 400, WRONG_SIGNATURE],
  unsigned: ["MissingAuthenticationTokenException", 400, NO_TOKEN],
  throttled: ["ThrottlingException", 400, "Rate exceeded"],
  malformed: "SerializationException",
  unknownMember: "ValidationException",
  unknownOperation: ["UnknownOperationException", 400],
};

const REFUSALS: Readonly<Record<Family, Refusals>> = {
  ec2: {
    unknownKey: ["AuthFailure", 401, NOT_VALIDATED],
    badSignature: ["AuthFailure", 401, NOT_VALIDATED],
    unsigned: ["MissingAuthenticationToken", 403, NO_TOKEN],
    throttled: ["RequestLimitExceeded", 503, "Request limit exceeded."],
    malformed: "InvalidParameterValue",
    unknownMember: "UnknownParameter",
    unknownOperation: ["InvalidAction", 400],
  },
  query: QUERY,
  json: JSON_RPC,
  "rest-xml": { ...QUERY, malformed: "MalformedXML", unknownMember: "InvalidInput" },
  "rest-json": { ...JSON_RPC, unknownKey: ["UnrecognizedClientException", 403, INVALID_TOKEN] },
};

/** The access key is none of this sandbox's. */
export function unknownKey(family: Family): AwsError {
  return refuse(REFUSALS[family].unknownKey);
}

/** The access key is known, but whoever signed did not know its secret. */
export function badSignature(family: Family): AwsError {
  return refuse(REFUSALS[family].badSignature);
}

/** There is no signature. */
export function unsigned(family: Family): AwsError {
  return refuse(REFUSALS[family].unsigned);
}

/** Too many requests. */
export function throttled(family: Family): AwsError {
  return refuse(REFUSALS[family].throttled);
}

/** The request cannot be read. */
export function malformed(family: Family, message: string): AwsError {
  return new AwsError(REFUSALS[family].malformed, message, 400);
}

/** A parameter that the operation does not have. */
export function unknownMember(family: Family, member: string): AwsError {
  const message = family === "ec2" ? `The parameter ${member} is not recognized` : `Unknown parameter: ${member}`;
  return new AwsError(REFUSALS[family].unknownMember, message, 400);
}

/** No operation of that name (or URL) in the service's model. */
export function unknownOperation(family: Family, operation: string): AwsError {
  const [code, status] = REFUSALS[family].unknownOperation;
  return new AwsError(code, `The action ${operation} is not valid for this web service.`, status);
}

/** The input breaks rules of the service's model. */
export function violated(family: Family, violations: Violations): AwsError {
  return coralError(
    family === "json" || family === "rest-json" ? "ValidationException" : "ValidationError",
    violations,
  );
}

function refuse([code, status, message]: readonly [string, number, string]): AwsError {
  return new AwsError(code, message, status);
}
