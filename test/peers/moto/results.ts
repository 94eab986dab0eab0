import type { RunResult } from "../../support/runs.ts";

/** Why tasks failed, by task. */
export function problemsOf({ tasks }: RunResult): Record<string, string> {
  return Object.fromEntries(tasks.flatMap(({ id, error }) => (error ? [[id, error.why]] : [])));
}

/** The calls that changed something, but for the lock. */
export function changing({ byOperation }: RunResult): string[] {
  return Object.keys(byOperation).filter((call) => !/:(Describe|Get|List|Lookup|BatchGet|Search)/.test(call));
}
