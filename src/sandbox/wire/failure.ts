import type { Model } from "./model.ts";
import type { AwsError } from "./service.ts";

/** An error ready to be written in any protocol. */
export interface Failure {
  /** As it stands on the wire. */
  readonly code: string;
  /** Name of the modelled shape, which JSON protocols use in place of the code; the code where nothing is modelled. */
  readonly name: string;
  readonly message: string;
  readonly status: number;
  readonly messageMember: string;
  /** Further members, which only the JSON protocols write. */
  readonly details: object;
}

/** Looks up how an error of a handler, named by shape or by code, is answered. The handler's own status wins. */
export function failureOf(error: AwsError, model: Model | undefined): Failure {
  const known = model?.error(error.code);
  return {
    code: known?.code ?? error.code,
    name: known?.name ?? error.code,
    message: error.message,
    status: error.status ?? known?.status ?? 400,
    messageMember: known?.messageMember ?? "message",
    details: error.details,
  };
}
