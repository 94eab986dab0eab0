import type { NormalizedSchema } from "@smithy/core/schema";

/**
 * What the machine's `aws` command needs of AWS. The machine knows none: whoever creates it gives it one, which acts with
 * the credentials of the instance's role, as they are at the time of the call.
 */
export interface AwsAccess {
  /** Whether EC2 hands the instance the credentials of a role. */
  readonly hasCredentials: boolean;
  /** A service by the name that it signs with (`elasticloadbalancing`); undefined: there is none. */
  service(name: string): Promise<AwsService | undefined>;
  /**
   * @returns undefined: the connection was cut before the answer came
   * @throws AwsRefusal
   */
  call(service: string, region: string, operation: string, input: object): Promise<object | undefined>;
}

/** What a client knows of a service. */
export interface AwsService {
  /** By name of the API, e.g. `UpdateService`; those that are not emulated, too. */
  readonly operations: ReadonlyMap<string, AwsOperation>;
  /** States to wait for, by name, e.g. `ServicesStable`. */
  readonly waiters: Readonly<Record<string, AwsWaiter>>;
}

export interface AwsOperation {
  readonly name: string;
  /** False: the sandbox does not emulate it, and may not know what it takes and answers. */
  readonly isServed: boolean;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Members of the input that have to be there. */
  readonly required: readonly string[];
  /** Undefined: its answer has no pages. */
  readonly pages: AwsPages | undefined;
}

/** Names of the members that pages of an answer go by. */
export interface AwsPages {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly results: readonly string[];
}

export interface AwsWaiter {
  readonly operation: string;
  /** Seconds between two calls. */
  readonly delay: number;
  readonly maxAttempts: number;
  readonly acceptors: readonly AwsAcceptor[];
}

/** What an answer or an error means for who waits. */
export interface AwsAcceptor {
  readonly state: "success" | "failure" | "retry";
  readonly matcher: "path" | "pathAll" | "pathAny" | "error" | "status";
  /** A JMESPath expression of the answer. */
  readonly argument?: string;
  readonly expected: unknown;
}

/** Where a service is reached. */
export function endpointUrl(service: string, region: string): string {
  return `https://${service === "ecr" ? "api.ecr" : service}.${region}.amazonaws.com/`;
}

/** An error that AWS answered. */
export class AwsRefusal extends Error {
  /** E.g. `AccessDeniedException`; undefined: no answer came, and the message says why. */
  readonly code: string | undefined;
  /** Name of the API, e.g. `UpdateService`. */
  readonly operation: string;

  constructor(code: string | undefined, operation: string, message: string) {
    super(message);
    this.name = "AwsRefusal";
    this.code = code;
    this.operation = operation;
  }
}
