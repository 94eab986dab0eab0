/** A database's server could not be started, or its files not be had. */
export class DatabaseError extends Error {
  override readonly name: string = "DatabaseError";
  /** What to do next. */
  readonly next: string;

  constructor(why: string, next: string) {
    super(why);
    this.next = next;
  }
}

/** The error of a copy that there was no room for. */
export function copyFailed(copy: string): DatabaseError {
  return new DatabaseError(
    "The database could not be copied: No space left on device",
    `The disk that holds ${copy} is full. Make room and try again.`,
  );
}
