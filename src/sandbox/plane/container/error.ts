/** What a caller can tell the failures of containers apart by. */
type ContainerErrorCode =
  | "no-such-container"
  | "no-such-image"
  | "no-such-volume"
  | "no-such-network"
  | "name-taken"
  | "not-running"
  | "running"
  | "in-use"
  | "port-taken"
  | "not-executable"
  | "not-found"
  | "refused"
  | "disk-full"
  /** The process could not be started for another reason, which the message gives. */
  | "failed";

/** The message is what docker's user reads after `Error response from daemon: `. */
export class ContainerError extends Error {
  readonly code: ContainerErrorCode;

  constructor(code: ContainerErrorCode, message: string) {
    super(message);
    this.name = "ContainerError";
    this.code = code;
  }
}
