import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Stack } from "../../src/engine/task.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { isReading } from "../../src/sandbox/world/fault-rules.ts";
import { AT_ONCE, openCopy } from "../support/created.ts";
import { everythingOn } from "../support/everything.ts";
import { createOn, destroyOn, unfinished } from "../support/runs.ts";
import { unlock } from "./undisturbed.ts";

/** What there was right after a changing call. */
export interface HalfMade {
  readonly call: string;
  /** 1 for the first changing call. */
  readonly nth: number;
  readonly saved: string;
}

/** What there is before a create, and the states of one create, kept as they were on disk right after each changing call. */
export interface InSteps {
  /** Undefined: the bia stack. */
  readonly stack: Stack | undefined;
  readonly before: unknown;
  readonly states: readonly HalfMade[];
}

/** @param root folder for the states, another call may be half through at each */
export async function createInSteps(root: string, stack?: Stack): Promise<InSteps> {
  const folder = join(root, "world");
  const sandbox = await startSandbox({ ...AT_ONCE, folder });
  const before = await everythingOn(sandbox);
  const states: HalfMade[] = [];
  const { faults } = sandbox.world;
  const after = faults.after.bind(faults);
  faults.after = async (call) => {
    if (!isReading(call.operation)) {
      const nth = states.length + 1;
      const saved = join(root, `after-${nth}`);
      states.push({ call: `${call.service}:${call.operation}`, nth, saved });
      // The machines' disks change all the time and go with the machines.
      await cp(folder, saved, { recursive: true, filter: (path) => path !== join(folder, "machines") });
    }
    return after(call);
  };
  await createOn(sandbox, stack ? { stack } : {});
  await sandbox.close();
  return { stack, before, states };
}

/** Destroys what was half made: nothing is left, and a further destroy has nothing to change. */
export async function expectDestroyed({ saved }: HalfMade, { stack, before }: InSteps): Promise<void> {
  const sandbox = await openCopy(saved);
  const of = stack ? { stack } : {};
  try {
    unlock(sandbox, stack);
    expect(unfinished(await destroyOn(sandbox, of))).toEqual([]);
    expect(await everythingOn(sandbox)).toEqual(before);
    expect((await destroyOn(sandbox, of)).calls.changing).toBe(0);
  } finally {
    await sandbox.close();
  }
}
