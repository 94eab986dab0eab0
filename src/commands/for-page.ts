import { Explained, explainError } from "../engine/errors.ts";
import { type Called, withCommands } from "./self.ts";
import type { Session } from "./session.ts";

/**
 * Does something for a page, until the page is closed.
 *
 * @throws Error that says why it cannot be done, and what to do
 */
export async function forPage(
  { errors }: Session,
  called: Called,
  signal: AbortSignal,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (signal.aborted) return;
    const { why, next } =
      error instanceof Explained ? { why: error.message, next: error.next } : explainError(errors, error);
    throw new Error(withCommands([why, next].filter(Boolean).join("\n"), called));
  }
}
