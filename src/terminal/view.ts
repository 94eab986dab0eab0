import type { RunEvent } from "../engine/event.ts";
import type { Output } from "./screen.ts";
import type { Environment } from "./style.ts";

/** Shows a run to whoever is there: a person at a terminal, a log file, a program. */
export interface View {
  /** Takes the next event. Nothing is returned: a view cannot hold up or change a run. */
  handle(event: RunEvent): void;
  /**
   * Gives the terminal back, until something happens to a task again: before a question is asked, and at the end of every run, also of
   * one that broke off without a report.
   */
  close(): void;
}

/** What a view is chosen by. */
export interface ViewOptions {
  /** The person asked for NDJSON. */
  readonly json?: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
}
