import type { Failure } from "../failure.ts";
import type { HttpReply, HttpRequest } from "../message.ts";
import type { Model, OperationModel } from "../model.ts";

/** Services of one family share their codes for refusals that no operation models. */
export type Family = "ec2" | "query" | "json" | "rest-xml" | "rest-json";

/** How requests, results and errors of one AWS protocol stand on the wire. Knows no service. */
export interface Protocol {
  readonly family: Family;
  /** Name of the operation that a request asks for; undefined: it names none. */
  operation(request: HttpRequest, model: Model): string | undefined;
  /** Version of the API that a request asks for; undefined: it names none, or the protocol has no such thing. */
  version?(request: HttpRequest): string | undefined;
  /** @throws Malformed, UnknownMember */
  input(request: HttpRequest, operation: OperationModel, model: Model): unknown | Promise<unknown>;
  output(value: object, operation: OperationModel, model: Model, requestId: string): HttpReply;
  /** @param model absent if the service is unknown */
  failure(failure: Failure, model: Model | undefined, requestId: string): HttpReply;
}

/** Who is to blame, in the words of the query protocols. */
export function faultOf(status: number): "Sender" | "Receiver" {
  return status < 500 ? "Sender" : "Receiver";
}
