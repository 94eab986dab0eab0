import type { Rules, Violation } from "./rules.ts";

/**
 * What a service of the sandbox is: a name, the SDK client package whose schemas describe its wire format, and one
 * handler per emulated operation. Everything else (protocols, what AWS's model says about inputs, request ids, faults) is the wire layer's.
 */

/** Who makes a request. */
export interface Caller {
  readonly arn: string;
  /** E.g. `AROA...:i-0123456789abcdef0`. (sts:GetCallerIdentity) */
  readonly userId: string;
}

/** What somebody wants done. */
export interface Asked {
  /** Name in the credential scope, e.g. `ec2`. */
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  readonly input: object;
}

/** One request, as a handler sees it beside its input. */
export interface Call {
  /** Operation, e.g. `RunInstances`. */
  readonly operation: string;
  /** Twelve digits of the account that the request was signed for. */
  readonly account: string;
  readonly caller: Caller;
  /** Region of the credential scope, e.g. `us-east-1`. */
  readonly region: string;
  readonly requestId: string;
}

/** Names of the operations of an SDK client module. */
export type OperationOf<Module> = {
  [Key in keyof Module]: Key extends `${infer Operation}Command`
    ? Module[Key] extends abstract new (
        ...args: never[]
      ) => { input: unknown }
      ? Operation
      : never
    : never;
}[keyof Module];

type CommandOf<Module, Operation extends string> = `${Operation}Command` extends keyof Module
  ? Module[`${Operation}Command`] extends abstract new (
      ...args: never[]
    ) => infer Command
    ? Command
    : never
  : never;

/** Input of an operation, as the SDK types it. */
export type InputOf<Module, Operation extends string> =
  CommandOf<Module, Operation> extends { input: infer Input } ? Input : never;

/** Output of an operation, without the SDK's own metadata. */
export type OutputOf<Module, Operation extends string> =
  CommandOf<Module, Operation> extends {
    resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Output }>;
  }
    ? Omit<Output, "$metadata">
    : never;

/** One emulated operation: the input members that it honours and what it does with them. */
export interface Operation<Input, Output> {
  /** Members that are honoured. Any other member that a request carries is refused by name, never ignored. */
  readonly accepts: readonly (keyof Input & string)[];
  handle(input: Input, call: Call): Output | Promise<Output>;
}

/** Operations of a service by name. A misspelt name or a wrong output is a compile error. */
export type Operations<Module> = {
  readonly [Name in OperationOf<Module>]?: Operation<InputOf<Module, Name>, OutputOf<Module, Name>>;
};

/** A service of the sandbox. */
export interface Service {
  /** Name in the credential scope of a signed request, e.g. `ec2`. */
  readonly name: string;
  /** Imports the SDK client package, lazily because EC2's costs close to half a second. */
  readonly load: () => Promise<object>;
  readonly operations: Readonly<Record<string, Operation<never, unknown>>>;
  /** Imports what AWS's model says about the inputs. Undefined: they are not looked at. */
  readonly rules: (() => Promise<Rules>) | undefined;
  /** True: an empty text is a member that is not given. */
  readonly ignoresEmpty: boolean;
  /** Operations that AWS takes without a signature. None is emulated. */
  readonly unsigned: readonly string[];
  /** Its own answer to an input that the model does not allow. Undefined: that of its protocol. */
  readonly refuses: ((violations: Violations) => AwsError) | undefined;
}

/** What an input violates, at least one thing. */
export type Violations = readonly [Violation, ...Violation[]];

/** A file of `services/models`, as `import()` gives it. */
interface RulesModule {
  readonly default: object;
}

/** Declares a service: `defineService("iam", () => import("@aws-sdk/client-iam"), { CreateRole: {...}, ... })`. */
export function defineService<Module extends object>(
  name: string,
  load: () => Promise<Module>,
  operations: Operations<Module>,
  options: {
    rules?: () => Promise<RulesModule>;
    /** Default false: an empty text is one. */
    ignoresEmpty?: boolean;
    /** Default: none. */
    unsigned?: readonly string[];
    /** Default: the words of the protocol's family. */
    refuses?: (violations: Violations) => AwsError;
  } = {},
): Service {
  const { rules, refuses, ignoresEmpty = false, unsigned = [] } = options;
  // Each call needs them, and an import takes its time even of what is loaded.
  let read: Promise<Rules> | undefined;
  return {
    name,
    load,
    operations: operations as Service["operations"],
    rules:
      rules &&
      (() => {
        read ??= rules().then((module) => module.default as Rules);
        return read;
      }),
    refuses,
    ignoresEmpty,
    unsigned,
  };
}

/** An error as AWS would answer it. The wire layer knows its HTTP status from the schemas; unmodelled codes are 400 unless `status` says otherwise. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  /** What the modelled shape has beside the message. */
  readonly details: object;

  constructor(code: string, message: string, status?: number, details: object = {}) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** The refusal of something that AWS can do and the sandbox cannot; named so that nobody takes it for AWS's word. */
export function notEmulated(what: string): AwsError {
  return new AwsError("SandboxNotEmulated", `The sandbox does not emulate ${what}. On AWS it exists.`, 501);
}

/** The refusal of something that the sandbox does not have, nor knows whether AWS does. */
export function notKnown(what: string): AwsError {
  return new AwsError("SandboxNotEmulated", `The sandbox does not know ${what}; AWS may have it.`, 501);
}
