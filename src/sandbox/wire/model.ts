import { NormalizedSchema, type TypeRegistry } from "@smithy/core/schema";

/** Protocols that an SDK client may be made for. */
type ProtocolName =
  | "ec2Query"
  | "awsQuery"
  | "awsJson1_0"
  | "awsJson1_1"
  | "restXml"
  | "restJson1"
  | "rpcv2Cbor"
  | "rpcv2Json";

/** One operation of a service, as the SDK's schemas describe it. */
export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Method, path pattern (`/x/{Label}?static=1`) and status of success; only REST services have them. */
  readonly http: readonly [method: string, path: string, status: number] | undefined;
}

/** An error that the service's model knows. */
interface ErrorModel {
  /** Name of the shape, which is what the SDK calls the error. */
  readonly name: string;
  /** What stands on the wire; for query services often not the shape's name (`NoSuchEntity`). */
  readonly code: string;
  readonly status: number;
  /** How the model spells the member that carries the text: `message` or `Message`. */
  readonly messageMember: string;
}

/** Reads and writes bodies of a REST or JSON protocol in the SDK's own way. */
export interface BodyCodec {
  createSerializer(): { write(schema: unknown, value: unknown): void; flush(): string | Uint8Array };
  createDeserializer(): { read(schema: unknown, data: Uint8Array | string): unknown };
}

/** A service, read from the schemas that its SDK client package exports. */
export interface Model {
  /** The protocol that the SDK client speaks; other clients may choose another one that the service knows. */
  readonly protocol: ProtocolName;
  readonly xmlNamespace: string | undefined;
  /** Date of the API, e.g. `2016-11-15`, which requests of the query protocols carry. */
  readonly version: string | undefined;
  /** True if errors also carry the code that the service used when it still spoke the query protocol. */
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** How the SDK reads and writes bodies of this service's protocol. Absent for the query protocols. */
  readonly codec: () => BodyCodec;
  /** Finds a modelled error by the name of its shape or by its code on the wire. */
  error(nameOrCode: string): ErrorModel | undefined;
}

interface SdkProtocol {
  getShapeId(): string;
  getPayloadCodec(): BodyCodec;
}

interface SdkClient {
  readonly config: {
    readonly protocol: SdkProtocol;
    readonly protocolSettings: {
      readonly xmlNamespace?: string;
      readonly version?: string;
      readonly awsQueryCompatible?: boolean;
      readonly errorTypeRegistries: readonly TypeRegistry[];
    };
  };
  destroy(): void;
}

type SdkClientClass = new (config: object) => SdkClient;

/** Kinds of static schemas, told apart by their first slot. */
const ERROR = -3;
const OPERATION = 9;

type StaticSchema = [kind: number, namespace: string, name: string, traits: unknown, ...rest: unknown[]];

/** Of each module that was read. It says the same of every sandbox in a process. */
const known = new WeakMap<object, Model>();

/**
 * Reads a service from the module of its SDK client package, once.
 *
 * @param module as `import()` gives it; in a bundle a CommonJS package hides behind `default`
 */
export function readModel(module: object): Model {
  const model = known.get(module) ?? modelIn(module);
  known.set(module, model);
  return model;
}

function modelIn(module: object): Model {
  const sdk = "default" in module ? (module.default as object) : module;
  const client = new (clientClass(sdk))({
    region: "us-east-1",
    credentials: { accessKeyId: "unused", secretAccessKey: "unused" },
  });
  const { protocol, protocolSettings } = client.config;
  client.destroy();
  const operations = new Map<string, OperationModel>();
  for (const value of Object.values(sdk)) {
    if (isStaticSchema(value, OPERATION)) operations.set(value[2], operationModel(value));
  }
  const name = protocol.getShapeId().split("#")[1] as ProtocolName;
  const errors = errorModels(protocolSettings.errorTypeRegistries, name);
  return {
    protocol: name,
    xmlNamespace: protocolSettings.xmlNamespace,
    version: protocolSettings.version,
    queryCompatible: protocolSettings.awsQueryCompatible === true,
    operations,
    codec: () => protocol.getPayloadCodec(),
    error: (nameOrCode) => errors.get(nameOrCode),
  };
}

function clientClass(sdk: object): SdkClientClass {
  for (const [name, value] of Object.entries(sdk)) {
    if (typeof value === "function" && /^[A-Z]\w*Client$/.test(name)) return value as SdkClientClass;
  }
  throw new TypeError("This module is no AWS SDK client package: it exports no client.");
}

function isStaticSchema(value: unknown, kind: number): value is StaticSchema {
  return Array.isArray(value) && value[0] === kind;
}

function operationModel(schema: StaticSchema): OperationModel {
  const traits = schema[3] as { http?: [string, string, number] } | 0;
  return {
    name: schema[2],
    // Most operations are never asked for.
    get input() {
      return NormalizedSchema.of(schema[4] as never);
    },
    get output() {
      return NormalizedSchema.of(schema[5] as never);
    },
    http: traits === 0 ? undefined : traits.http,
  };
}

function errorModels(registries: readonly TypeRegistry[], protocol: ProtocolName): Map<string, ErrorModel> {
  const models = new Map<string, ErrorModel>();
  for (const registry of registries) {
    registry.find((schema) => {
      if (isStaticSchema(schema, ERROR)) addError(models, schema, protocol);
      return false;
    });
  }
  return models;
}

function addError(models: Map<string, ErrorModel>, schema: StaticSchema, protocol: ProtocolName): void {
  const name = schema[2];
  const traits = (schema[3] || {}) as { awsQueryError?: [string, number]; httpError?: number; error?: string };
  const [code, queryStatus] = traits.awsQueryError ?? [name, undefined];
  const members = (schema[4] ?? []) as string[];
  const byFault = traits.error === "server" ? 500 : 400;
  const model: ErrorModel = {
    name,
    code,
    // SSM's model still has the query protocol's statuses, which it does not answer with any more.
    status: (protocol === "awsQuery" ? queryStatus : undefined) ?? traits.httpError ?? byFault,
    messageMember: members.find((member) => member.toLowerCase() === "message") ?? "message",
  };
  models.set(name, model);
  if (!models.has(code)) models.set(code, model);
}
