import { randomUUID } from "node:crypto";
import { checkInput } from "./check.ts";
import { withoutEmpties } from "./empties.ts";
import { failureOf } from "./failure.ts";
import type { Fate, FaultCall, Faults } from "./fault.ts";
import { Malformed, UnknownMember } from "./malformed.ts";
import type { HttpReply, HttpRequest } from "./message.ts";
import { type Model, type OperationModel, readModel } from "./model.ts";
import { protocolOf } from "./protocols/choose.ts";
import type { Family, Protocol } from "./protocols/protocol.ts";
import { actionOf } from "./protocols/query.ts";
import * as refusal from "./refusal.ts";
import { type Rules, violationsOf } from "./rules.ts";
import { type Asked, AwsError, type Call, type Caller, notEmulated, type Operation, type Service } from "./service.ts";
import { type Credential, credentialIn, credentialOf, isSignedBy, type Principal } from "./signature.ts";

/** One line of the request log. Never carries a body. */
export interface LogEntry {
  readonly service: string;
  readonly operation: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly requestId: string;
  /** ARN of the role of a machine or a task that made it. Absent: a client of the sandbox did. */
  readonly by?: string;
  /** Code of the error that was answered. */
  readonly error?: string;
  /** Present if a fault kept the response from the client. */
  readonly fate?: Exclude<Fate, "respond">;
  /** What broke, if the sandbox itself did. */
  readonly defect?: unknown;
}

/** What to do with a request's connection. */
export type Outcome = { readonly fate: Fate; readonly reply: HttpReply };

/** What an endpoint serves and whom. */
export interface EndpointOptions {
  readonly services: readonly Service[];
  /** Undefined: nobody has such an access key in the region. */
  readonly principal: (accessKeyId: string, region: string) => Principal | undefined;
  readonly faults: Faults;
  /** Resolves when everything that a request changed cannot be lost any more; awaited before the answer. */
  readonly saved: (operation: string) => Promise<void>;
  readonly log: (entry: LogEntry) => void;
}

/** A call without HTTP: that of a program on a simulated machine, which EC2 has told who it is. */
export interface DirectCall extends Asked {
  readonly caller: Caller;
}

/** What the SDK's schemas and AWS's models say of a service. */
export interface ServiceDescription {
  readonly operations: Model["operations"];
  /** Undefined: nothing is known beside the schemas. */
  readonly rules: Rules | undefined;
}

/** Serves the AWS protocols; knows no service but those that it is given. */
export interface Endpoint {
  /** `recognised` is called as soon as the caller has shown that it has the key that it names. */
  handle(request: HttpRequest, recognised?: () => void): Promise<Outcome>;
  /**
   * Answers a call as `handle` does, with what the operation's output schema names.
   *
   * @returns undefined: the answer was lost on the way
   * @throws AwsError with the code as it stands on the wire
   */
  call(call: DirectCall): Promise<object | undefined>;
  /** Undefined: the sandbox has no such service. */
  describe(service: string): Promise<ServiceDescription | undefined>;
  /** Whether an `Authorization` header names a key that somebody has; nothing is proved by it. */
  knows(authorization: string): boolean;
  /** Imports the SDK clients of all services, one after the other, so that no request has to wait for one. */
  preload(): Promise<void>;
}

/** An operation that a request asks for. */
interface Target {
  readonly service: Service;
  readonly model: Model;
  readonly operation: OperationModel;
  readonly handler: Operation<never, unknown>;
}

/** What is known of a request so far; it fills up on the way so that a refusal can say and log what it knows. */
interface Progress {
  readonly requestId: string;
  protocol: Protocol;
  credential: Credential | undefined;
  model: Model | undefined;
  operation: string;
  /** ARN of a role in whose name it is; absent: of none, or not known yet. */
  by?: string;
}

/** Makes an endpoint: credential scope -> service -> protocol -> operation -> handler. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const models = modelLoader();

  async function handle(request: HttpRequest, recognised = () => {}): Promise<Outcome> {
    const startedAt = performance.now();
    const progress: Progress = {
      requestId: randomUUID(),
      protocol: protocolOf(request, undefined),
      credential: credentialOf(request),
      model: undefined,
      operation: "-",
    };
    const { fate, reply, error } = await answer(request, progress, recognised);
    options.log({
      service: progress.credential?.service ?? "-",
      operation: progress.operation,
      status: reply.status,
      milliseconds: performance.now() - startedAt,
      requestId: progress.requestId,
      ...(progress.by !== undefined && { by: progress.by }),
      ...(error && { error: error.code }),
      ...(error?.cause !== undefined && { defect: error.cause }),
      ...(fate !== "respond" && { fate }),
    });
    return { fate, reply };
  }

  async function answer(
    request: HttpRequest,
    progress: Progress,
    recognised: () => void,
  ): Promise<Outcome & { error?: AwsError }> {
    try {
      return await serve(request, progress, recognised);
    } catch (thrown) {
      return refused(awsErrorOf(thrown), progress);
    }
  }

  async function serve(
    request: HttpRequest,
    progress: Progress,
    recognised: () => void,
  ): Promise<Outcome & { error?: AwsError }> {
    const { credential, requestId } = progress;
    if (!credential) throw refusalOfUnsigned(request, progress.protocol);
    const service = serviceNamed(credential.service);
    if (service) {
      progress.model = await models(service);
      progress.protocol = protocolOf(request, progress.model);
    }
    const { account, caller, session } = await authenticate(request, credential, progress.protocol);
    recognised();
    if (session) progress.by = caller.arn;
    if (!service || !progress.model) throw notEmulated(`the service ${credential.service}`);
    const { model, protocol } = progress;
    const target = requestedTarget(request, service, model, progress);
    const { operation } = target;
    const input = await checkedInput(await decode(request, target, protocol), target, protocol.family);
    const { region } = credential;
    const forbidden = session?.refused({ service: service.name, operation: operation.name, region, account, input });
    if (forbidden) throw forbidden;
    const call = { operation: operation.name, account, caller, region, requestId };
    const { fate, result } = await perform(target, input, call, protocol.family);
    if (result instanceof AwsError) return { ...refused(result, progress), fate };
    return { fate, reply: protocol.output(result, operation, model, requestId) };
  }

  /** Has an operation done whose input is in order. */
  async function perform(
    { service, operation, handler }: Target,
    input: object,
    call: Call,
    family: Family,
  ): Promise<{ fate: Fate; result: AwsError | object }> {
    const { requestId } = call;
    const throttled = () => refusal.throttled(family);
    const struck: FaultCall = { service: service.name, operation: operation.name, requestId, throttled };
    await options.faults.before(struck);
    const result = await attempt(() => handler.handle(input as never, call));
    // A call that failed may have changed something too, and its answer may be lost like any other.
    await options.saved(operation.name);
    return { fate: await options.faults.after(struck), result };
  }

  async function call({ service: name, operation, input, ...by }: DirectCall): Promise<object | undefined> {
    const startedAt = performance.now();
    const requestId = randomUUID();
    const log = (status: number, more: Partial<LogEntry> = {}) =>
      options.log({
        service: name,
        operation,
        status,
        milliseconds: performance.now() - startedAt,
        requestId,
        by: by.caller.arn,
        ...more,
      });
    const service = serviceNamed(name);
    if (!service) throw notEmulated(`the service ${name}`);
    const model = await models(service);
    const family = FAMILIES[model.protocol];
    try {
      const target = targetOf(operation, service, model, family);
      const checked = await checkedInput(input as Record<string, unknown>, target, family);
      const { fate, result } = await perform(target, checked, { ...by, operation, requestId }, family);
      if (result instanceof AwsError) throw result;
      log(200, fate === "respond" ? {} : { fate });
      return fate === "respond" ? result : undefined;
    } catch (thrown) {
      const error = awsErrorOf(thrown);
      const { code, name: shape, message, status } = failureOf(error, model);
      const shown = new AwsError(family === "json" ? shape : code, message, status);
      log(status, { error: shown.code, ...(error.cause !== undefined && { defect: error.cause }) });
      throw shown;
    }
  }

  async function describe(name: string): Promise<ServiceDescription | undefined> {
    const service = serviceNamed(name);
    if (!service) return undefined;
    const { operations } = await models(service);
    return { operations, rules: await service.rules?.() };
  }

  function serviceNamed(wanted: string): Service | undefined {
    return options.services.find(({ name }) => name === wanted);
  }

  async function authenticate(request: HttpRequest, credential: Credential, protocol: Protocol): Promise<Principal> {
    const principal = options.principal(credential.accessKeyId, credential.region);
    if (!principal) throw refusal.unknownKey(protocol.family);
    const { session } = principal;
    if (session && session.token !== request.headers["x-amz-security-token"]) {
      throw refusal.unknownKey(protocol.family);
    }
    const signed = await isSignedBy(principal.secretAccessKey, request);
    if (!signed) throw refusal.badSignature(protocol.family);
    return principal;
  }

  function refusalOfUnsigned(request: HttpRequest, { family }: Protocol): AwsError {
    const action = actionOf(request) ?? "";
    const service = options.services.find(({ unsigned }) => unsigned.includes(action));
    return service ? notEmulated(`the operation ${action} of ${service.name}`) : refusal.unsigned(family);
  }

  function knows(authorization: string): boolean {
    const { accessKeyId, region = "" } = credentialIn(authorization) ?? {};
    return accessKeyId !== undefined && options.principal(accessKeyId, region) !== undefined;
  }

  async function preload(): Promise<void> {
    for (const service of options.services) await models(service);
  }

  return { handle, call, describe, knows, preload };
}

/** The family whose words a service uses to one who does not choose a protocol. */
const FAMILIES: Readonly<Record<Model["protocol"], Family>> = {
  ec2Query: "ec2",
  awsQuery: "query",
  awsJson1_0: "json",
  awsJson1_1: "json",
  restXml: "rest-xml",
  restJson1: "rest-json",
  rpcv2Cbor: "json",
  rpcv2Json: "json",
};

/** The answer that says why not, in the form of the request's protocol. */
function refused(error: AwsError, { protocol, model, requestId }: Progress): Outcome & { error: AwsError } {
  return { fate: "respond", reply: protocol.failure(failureOf(error, model), model, requestId), error };
}

async function attempt(action: () => unknown): Promise<AwsError | object> {
  try {
    return ((await action()) ?? {}) as object;
  } catch (thrown) {
    return awsErrorOf(thrown);
  }
}

/** Reads each service's model once, when it is first needed. */
function modelLoader(): (service: Service) => Promise<Model> {
  const models = new Map<Service, Promise<Model>>();
  return (service) => {
    let model = models.get(service);
    if (!model) {
      model = service.load().then((sdk) => withKnownOperations(readModel(sdk), service));
      models.set(service, model);
    }
    return model;
  };
}

/** A handler without an operation in the model would never be called: a defect, found at the first request. */
function withKnownOperations(model: Model, service: Service): Model {
  for (const name of Object.keys(service.operations)) {
    if (!model.operations.has(name)) throw new TypeError(`The model of ${service.name} has no operation ${name}.`);
  }
  return model;
}

function requestedTarget(request: HttpRequest, service: Service, model: Model, progress: Progress): Target {
  const { protocol } = progress;
  const version = protocol.version?.(request) ?? model.version;
  // Classic load balancers answer at the same name as the others, with operations of the same names.
  if (version !== model.version) throw notEmulated(`version ${version} of the API of ${service.name}`);
  const name = protocol.operation(request, model) ?? `${request.method} ${request.path}`;
  if (model.operations.has(name)) progress.operation = name;
  return targetOf(name, service, model, protocol.family);
}

function targetOf(name: string, service: Service, model: Model, family: Family): Target {
  const operation = model.operations.get(name);
  if (!operation) throw refusal.unknownOperation(family, name);
  const handler = service.operations[name];
  if (!handler) throw notEmulated(`the operation ${name} of ${service.name}`);
  return { service, model, operation, handler };
}

/** What a handler gets of an input: nothing that it does not honour, and only what AWS's model allows. */
async function checkedInput(decoded: Record<string, unknown>, target: Target, family: Family): Promise<object> {
  const { service, operation, handler } = target;
  const input = service.ignoresEmpty ? withoutEmpties(decoded) : decoded;
  for (const [name, value] of Object.entries(input)) {
    const accepted = handler.accepts as readonly string[];
    // An empty list asks for nothing.
    if (value === undefined || accepted.includes(name) || (Array.isArray(value) && value.length === 0)) continue;
    throw notEmulated(`the parameter ${name} of ${operation.name} (${service.name})`);
  }
  try {
    if (!operation.input.isUnitSchema()) checkInput(operation.input, input);
  } catch (thrown) {
    throw refusalOf(thrown, family);
  }
  const rules = await service.rules?.();
  const [first, ...others] = rules ? violationsOf(rules, operation.name, input) : [];
  if (first) throw service.refuses?.([first, ...others]) ?? refusal.violated(family, [first, ...others]);
  return input;
}

async function decode(
  request: HttpRequest,
  { operation, model }: Target,
  { input, family }: Protocol,
): Promise<Record<string, unknown>> {
  try {
    return (await input(request, operation, model)) as Record<string, unknown>;
  } catch (thrown) {
    throw refusalOf(thrown, family);
  }
}

/** Whatever the reading of a request stumbles over is the request's fault. */
function refusalOf(thrown: unknown, family: Family): AwsError {
  if (thrown instanceof UnknownMember) return refusal.unknownMember(family, thrown.member);
  if (thrown instanceof Malformed) return refusal.malformed(family, thrown.message);
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return refusal.malformed(family, `The request cannot be read: ${reason}`);
}

/** Anything else than an AwsError is a defect of the sandbox, answered as AWS answers its own. */
function awsErrorOf(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const error = new AwsError("InternalFailure", `The sandbox failed, which is a defect of it: ${reason}`, 500);
  error.cause = thrown;
  return error;
}
