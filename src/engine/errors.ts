import type { ErrorReport } from "./event.ts";

/**
 * What an error of AWS means for the one who called:
 * - `exists`: a create found the thing already there (success: someone, maybe an earlier run, made it)
 * - `gone`: something is not there: success for a remove; for a create, something it needs is not seen yet
 * - `propagation`: AWS does not see yet what was just made; worth asking again at once and often
 * - `busy`: AWS refuses while something else is still going on; worth asking again now and then
 * - `credentials`: nobody is allowed in; the whole run ends
 * - `final`: asking again changes nothing
 *
 * Throttling and passing faults of the network are not here: the SDK retries those below every call.
 */
export type ErrorClass = "exists" | "gone" | "propagation" | "busy" | "credentials" | "final";

/** Reads AWS's errors for the engine, which knows none. */
export interface ErrorReader {
  classify(error: unknown): ErrorClass;
  /** Why it failed and what to do next. */
  explain(error: unknown): Omit<ErrorReport, "what">;
}

/** An error of ours that already says why and what to do next. */
export class Explained extends Error {
  /** What to do next. */
  readonly next: string;

  constructor(why: string, next: string) {
    super(why);
    this.name = "Explained";
    this.next = next;
  }
}

/** Ends the whole run at once, not just the task that met it: a lock that another run holds, credentials that are refused. */
export class RunStopped extends Explained {
  /** Exit code that the process should end with. */
  readonly exitCode: number;

  constructor(why: string, next: string, exitCode: number) {
    super(why, next);
    this.name = "RunStopped";
    this.exitCode = exitCode;
  }
}

/** Why `error` happened and what to do next: our own errors say it themselves, AWS's are read. */
export function explainError(reader: ErrorReader, error: unknown): Omit<ErrorReport, "what"> {
  return error instanceof Explained ? { why: error.message, next: error.next } : reader.explain(error);
}

/** Thrown by a kind when something it needs is not ready yet: asking again later helps. The message is shown as the reason for the wait. */
export class NotYet extends Error {
  /** Seconds that this usually takes; undefined: as long as the thing itself. */
  readonly usually: number | undefined;

  constructor(reason: string, usually?: number) {
    super(reason);
    this.name = "NotYet";
    this.usually = usually;
  }
}
