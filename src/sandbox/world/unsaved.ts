import { AwsError } from "../wire/service.ts";

/** A full disk, or a user's part of it. */
export function isDiskFull(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || (cause !== undefined && isDiskFull(cause));
}

/** What a call changed is not on disk. It is not lost either: it is kept in memory and saved with the next call that can. */
export class Unsaved extends AwsError {
  constructor(folder: string | undefined, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const why = isDiskFull(cause) ? `the disk of ${folder} is full` : `${folder} cannot be written to`;
    // No status that the SDKs take for a passing fault.
    super("SandboxCannotSave", `The sandbox cannot save its state: ${why} (${reason}).`, 507);
    this.cause = cause;
  }
}
