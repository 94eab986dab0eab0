import type { RunEvent } from "../engine/event.ts";
import type { Output } from "./screen.ts";
import type { Environment } from "./style.ts";

/** Shows a run to whoever is there: a person at a terminal, a log file, a program. */
export interface View {
  /** Takes the next event. Nothing is returned: a view cannot hold up or change a run. */
  handle(event: RunEvent): void;
  /** Gives the terminal back. To be called at the end of every run, also of one that broke off without a report. */
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

/** The view that fits: NDJSON when asked for, the live tree where stderr is a terminal that can show it, else plain lines. */
export async function chooseView(options: ViewOptions): Promise<View> {
  if (options.json) return new (await import("./json.ts")).JsonView(options.stdout);
  if (isLive(options)) return new (await import("./tty.ts")).TerminalView(options);
  return new (await import("./plain.ts")).PlainView(options);
}

/** A log that records a terminal (CI) and one that cannot move its cursor (TERM=dumb) would show every frame below the last. */
function isLive({ stderr, env }: ViewOptions): boolean {
  return stderr.isTTY === true && env.TERM !== "dumb" && !env.CI;
}
