import { Explained, explainError, RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { NobodyToAsk } from "../terminal/ask.ts";
import { VariablesError } from "../variables/index.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { type Called, withCommands } from "./self.ts";
import { openSession, type Session, type Setting, type StackOptions } from "./session.ts";

/**
 * Runs a command whose data go to stdout and which reports no run: opens the session, lets `act` work, and says on stderr what
 * went wrong. Answers the exit code.
 *
 * @param stopped exit code after Ctrl-C. Default: that of an interrupted run
 * @param ownStage a stage that the command adds to the stack and works on; absent: the options say which of the stack's
 */
export async function inSession(
  command: string,
  options: StackOptions,
  { signal }: Surroundings,
  act: (session: Session) => Promise<number>,
  stopped: number = EXIT.interrupted,
  ownStage?: Setting["ownStage"],
): Promise<number> {
  let session: Session | undefined;
  try {
    session = await openSession({
      command,
      options,
      signal,
      emit: (event) =>
        event.type === "message" && (stopped !== EXIT.done || !signal.aborted) && tell(event.text, options),
      ...(ownStage && { ownStage }),
    });
    return await act(session);
  } catch (error) {
    if (signal.aborted) return stopped;
    return explain(error, session, options);
  } finally {
    await session?.lock.release().catch(() => {});
    session?.clients.close();
  }
}

function explain(error: unknown, session: Session | undefined, called: Called): number {
  if (error instanceof VariablesError || error instanceof NobodyToAsk) {
    tell(error.message, called);
    return EXIT.usage;
  }
  const { why, next } = error instanceof Explained ? { why: error.message, next: error.next } : reading(session, error);
  tell(why, called);
  if (next !== "") tell(next, called);
  if (error instanceof RunStopped) return error.exitCode;
  // What ends it before there is a session is what was typed, or the variables.
  return session ? EXIT.failed : EXIT.usage;
}

function reading(session: Session | undefined, error: unknown): { why: string; next: string } {
  if (!session) throw error;
  return explainError(session.errors, error);
}

/** Anything for a person. */
export function tell(text: string, called: Called = {}): void {
  process.stderr.write(`${withCommands(text, called)}\n`);
}
