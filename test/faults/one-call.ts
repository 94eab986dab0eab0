import { expect } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import type { FaultRule } from "../../src/sandbox/world/fault-rules.ts";
import { everythingOn } from "../support/everything.ts";
import { type RunResult, unfinished } from "../support/runs.ts";
import { act, type Command, type OneStack, sandboxFor, type Undisturbed, unlock } from "./undisturbed.ts";

/**
 * Runs with a fault at each of these calls, again as often as it is cut off by one, then without any; the end is that of an
 * undisturbed run.
 */
export async function disturbed(
  { command, cases }: OneStack,
  effect: FaultRule["effect"],
  normal: Undisturbed,
): Promise<void> {
  const sandbox = await sandboxFor(command, normal.stack);
  const { faults } = sandbox.world;
  try {
    faults.set(cases.map(({ operation, nth }) => ({ operation, nth, effect })));
    if (effect === "drop") await expectGoodRun(command, act(command, sandbox, normal.stack), sandbox, normal);
    for (let runs = 0; runs < cases.length && !haveAllStruck(sandbox); runs++) {
      // A lock that could not be given back ends the run with an error, as it should; the next one then takes it over.
      await act(command, sandbox, normal.stack).catch(() => {});
      unlock(sandbox, normal.stack);
    }
    expect(faults.strikes().map(({ struck }) => struck)).toEqual(cases.map(() => 1));
    await expectGoodEnd(command, sandbox, normal);
  } finally {
    await sandbox.close();
  }
}

/** Whether each call that a rule names has been made. */
export function haveAllStruck({ world }: RunningSandbox): boolean {
  return world.faults.strikes().every(({ struck }) => struck > 0);
}

/** Of a run in which nothing but answers were lost: it ends as if nothing had been, all by itself. */
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
  unlock(sandbox, normal.stack);
  expect(unfinished(await act(command, sandbox, normal.stack))).toEqual([]);
  expect(await everythingOn(sandbox)).toEqual(command === "create" ? normal.created : normal.before);
  expect((await act(command, sandbox, normal.stack)).calls.changing).toBe(0);
}
