import { expect } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import type { FaultRule } from "../../src/sandbox/world/fault-rules.ts";
import { type RunResult, unfinished } from "../support/runs.ts";
import { act, type Case, type Command, everythingOn, sandboxFor, type Undisturbed, unlock } from "./undisturbed.ts";

/** Runs with a fault at this call, then again without it; the end is that of an undisturbed run. */
export async function disturbed(
  { command, operation, nth }: Case,
  effect: FaultRule["effect"],
  normal: Undisturbed,
): Promise<void> {
  const sandbox = await sandboxFor(command, normal);
  try {
    sandbox.world.faults.set([{ operation, nth, effect }]);
    const run = act(command, sandbox);
    if (effect === "drop") await expectGoodRun(command, run, sandbox, normal);
    // A lock that could not be given back ends the run with an error, as it should; the next one then takes it over.
    else await run.catch(() => {});
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
    await expectGoodEnd(command, sandbox, normal);
  } finally {
    await sandbox.close();
  }
}

/** Of a run in which nothing but an answer was lost: it ends as if nothing had been, all by itself. */
async function expectGoodRun(
  command: Command,
  run: Promise<RunResult>,
  sandbox: RunningSandbox,
  normal: Undisturbed,
): Promise<void> {
  expect(unfinished(await run)).toEqual([]);
  expect(await everythingOn(sandbox)).toEqual(command === "create" ? normal.created : normal.before);
}

/** Runs again: it ends where an undisturbed run ends, and a further one has nothing to change. */
export async function expectGoodEnd(command: Command, sandbox: RunningSandbox, normal: Undisturbed): Promise<void> {
  sandbox.world.faults.set([]);
  await unlock(sandbox);
  expect(unfinished(await act(command, sandbox))).toEqual([]);
  expect(await everythingOn(sandbox)).toEqual(command === "create" ? normal.created : normal.before);
  expect((await act(command, sandbox)).calls.changing).toBe(0);
}
