import { expect } from "vitest";
import { everythingOn } from "../support/everything.ts";
import { unfinished } from "../support/runs.ts";
import { act, type Command, sandboxFor, type Undisturbed } from "./undisturbed.ts";

/** A reading call of a command on the whole stack. */
export interface Listing {
  readonly command: Command;
  readonly operation: string;
}

/** The reading calls of create and of destroy, each once. */
export function listingsOf({ calls }: Undisturbed): Listing[] {
  const of = (command: Command) => [...new Set(calls[command].reading)].map((operation) => ({ command, operation }));
  return [...of("create"), ...of("destroy")];
}

/** One shows for a while what there was three reads ago: the run ends well by itself, and has made nothing twice. */
export async function lagging({ command, operation }: Listing, normal: Undisturbed): Promise<void> {
  const sandbox = await sandboxFor(command, normal.stack);
  try {
    // What AWS has made before is not what lags.
    await everythingOn(sandbox);
    sandbox.world.faults.set([{ operation, effect: { lag: 3 } }]);
    const run = await act(command, sandbox, normal.stack);
    sandbox.world.faults.set([]);
    expect(unfinished(run)).toEqual([]);
    expect(run.after).toEqual(command === "create" ? undefined : { left: [] });
    expect(await everythingOn(sandbox)).toEqual(command === "create" ? normal.created : normal.before);
  } finally {
    await sandbox.close();
  }
}
