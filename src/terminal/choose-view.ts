import type { View, ViewOptions } from "./view.ts";

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
