import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import type { NormalizedSchema } from "@smithy/core/schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OperationModel } from "../../../src/sandbox/wire/model.ts";
import { arbitraryOf } from "./arbitrary.ts";
import { type Mirror, mirrorForTest } from "./mirror.ts";

/** Inputs and outputs tried per operation. A failure is shrunk, so that few are enough. */
const RUNS = 2;

/** Whether a protocol has no way to say a value, so that a client sends nothing for it. */
type IsUnsayable = (value: unknown) => boolean;

interface Served {
  readonly name: string;
  readonly load: () => Promise<object>;
  readonly protocol: string;
  /** Default: everything can be said. */
  readonly isUnsayable?: IsUnsayable;
  /** Configuration of the client beyond the usual one. */
  readonly client?: object;
}

/** A form has no empty structures and maps, and EC2's form no empty lists either; nor has a URL, where REST puts some. */
const services: Served[] = [
  { name: "ec2", load: () => import("@aws-sdk/client-ec2"), protocol: "ec2Query", isUnsayable: isEmpty },
  { name: "iam", load: () => import("@aws-sdk/client-iam"), protocol: "awsQuery", isUnsayable: isEmptyObject },
  { name: "sts", load: () => import("@aws-sdk/client-sts"), protocol: "awsQuery", isUnsayable: isEmptyObject },
  { name: "rds", load: () => import("@aws-sdk/client-rds"), protocol: "awsQuery", isUnsayable: isEmptyObject },
  {
    name: "elasticloadbalancing",
    load: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
    protocol: "awsQuery",
    isUnsayable: isEmptyObject,
  },
  { name: "ssm", load: () => import("@aws-sdk/client-ssm"), protocol: "awsJson1_1" },
  { name: "ecs", load: () => import("@aws-sdk/client-ecs"), protocol: "awsJson1_1" },
  { name: "monitoring", load: () => import("@aws-sdk/client-cloudwatch"), protocol: "awsJson1_0" },
  {
    name: "monitoring",
    load: () => import("@aws-sdk/client-cloudwatch"),
    protocol: "rpcv2Cbor",
    client: { protocol: SmithyRpcV2CborProtocol },
  },
  { name: "route53", load: () => import("@aws-sdk/client-route-53"), protocol: "restXml", isUnsayable: isEmpty },
  { name: "guardduty", load: () => import("@aws-sdk/client-guardduty"), protocol: "restJson1", isUnsayable: isEmpty },
];

/** Operations that a round trip cannot be made with, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  AssumeRoleWithSAML: "is called without a signature, which is all that tells a request's service",
  AssumeRoleWithWebIdentity: "is called without a signature, which is all that tells a request's service",
  CopySnapshot: "the SDK adds a presigned URL for the region of the source",
};

describe.each(services)("every operation of $name over $protocol", ({ name, load, client, isUnsayable }) => {
  it("hands the handler what the client sent, and the client what the handler returned", {
    timeout: 300_000,
  }, async () => {
    const mirror = await mirrorForTest(name, load, client);
    const operations = [...mirror.model.operations.values()].filter((operation) => !(operation.name in EXCEPTIONS));
    expect(operations.length).toBeGreaterThan(5);
    for (const operation of operations) await survives(mirror, operation, isUnsayable ?? (() => false));
  });
});

async function survives(mirror: Mirror, operation: OperationModel, isUnsayable: IsUnsayable): Promise<void> {
  const { name, input, output } = operation;
  const inputs = arbitraryOf(input)
    .map((value) => without(isUnsayable, value) ?? {})
    .filter((value) => isComplete(operation, value));
  const property = fc.asyncProperty(inputs, arbitraryOf(output), async (sent, answer) => {
    const { seen, answered } = await mirror.call(name, sent as object, answer as object);
    expect(plain(seen), `${name} input`).toEqual(plain(sent));
    expect(plain(answered), `${name} output`).toEqual(plain(answer));
  });
  await fc.assert(property, { numRuns: RUNS });
}

/** False for an input whose required member was an empty structure, which the SDK sends although it was taken away. */
function isComplete({ input }: OperationModel, value: unknown): boolean {
  return input.isUnitSchema() || hasRequired(input, value);
}

function hasRequired(schema: NormalizedSchema, value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => hasRequired(schema.getValueSchema(), item));
  if (!schema.isStructSchema() || !isPlainObject(value)) return true;
  // Required members come first in a structure's schema; its seventh slot is their count.
  const required = Number((schema.getSchema() as unknown as readonly unknown[])[6] ?? 0);
  const members = value as Record<string, unknown>;
  return [...schema.structIterator()].every(([name, member], index) =>
    members[name] === undefined ? index >= required : hasRequired(member, members[name]),
  );
}

function isEmpty(value: unknown): boolean {
  return isEmptyObject(value) || (Array.isArray(value) && value.length === 0);
}

function isEmptyObject(value: unknown): boolean {
  return isPlainObject(value) && Object.keys(value).length === 0;
}

/** What is left of a value when whatever cannot be said is gone. */
function without(isUnsayable: IsUnsayable, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => without(isUnsayable, item)).filter((item) => !isUnsayable(item));
  }
  if (!isPlainObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [name, without(isUnsayable, member)] as const);
  return Object.fromEntries(members.filter(([, member]) => !isUnsayable(member)));
}

/** For comparing: bytes of any class as text, and nothing that is undefined. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

function isPlainObject(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
