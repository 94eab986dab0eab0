/** An image could not be built, found or kept. The message is what docker's user reads after `ERROR: `. */
export class ImageError extends Error {
  /** Line of the Dockerfile, from 1. */
  readonly line: number | undefined;
  /** Exit code of the RUN step that failed. */
  readonly exitCode: number | undefined;

  /** The sandbox has no such image. */
  readonly code: "not-emulated" | undefined;

  constructor(message: string, at: { line?: number; exitCode?: number; code?: "not-emulated" } = {}) {
    super(message);
    this.name = "ImageError";
    this.line = at.line;
    this.exitCode = at.exitCode;
    this.code = at.code;
  }
}

/** What a full disk says, as docker does; any other error as it is. */
export function explained(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" ? new ImageError(`no space left on device (${message})`) : error;
}
