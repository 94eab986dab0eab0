import type { AwsError } from "./service.ts";

/** A request that faults may strike: it is signed, and the sandbox could answer it. */
export interface FaultCall {
  /** Name in the credential scope, e.g. `ec2`. */
  readonly service: string;
  /** Operation, e.g. `RunInstances`. */
  readonly operation: string;
  /** The same as in the `Call` that the handler gets. */
  readonly requestId: string;
  /** The service's own answer to too many requests, e.g. EC2's `RequestLimitExceeded`; to be thrown by `before`. */
  throttled(): AwsError;
}

/** What becomes of a response: sent, its connection cut without one, or never answered. */
export type Fate = "respond" | "drop" | "hang";

/**
 * Mishaps of a real network and a busy AWS, staged on purpose. The rules live elsewhere; the wire layer asks them twice
 * for each request that a handler is about to answer.
 */
export interface Faults {
  /** Before the handler runs: may throw an AwsError (nothing is applied then) or take its time (latency). */
  before(call: FaultCall): Promise<void>;
  /** After the handler ran, so that whatever the request changed has happened. */
  after(call: FaultCall): Promise<Fate>;
}

/** A network without mishaps. */
export const noFaults: Faults = {
  before: async () => {},
  after: async () => "respond",
};
