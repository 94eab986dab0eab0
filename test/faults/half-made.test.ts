import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { isReading } from "../../src/sandbox/world/fault-rules.ts";
import { openCopy } from "../support/created.ts";
import { everythingOn } from "../support/everything.ts";
import { createOn, destroyOn, unfinished } from "../support/runs.ts";
import { chosen, unlock } from "./undisturbed.ts";

/**
 * A create that was stopped for good after each of its changing calls, destroyed: nothing is left. The states are those of
 * one create, kept as they were on disk right after each call; another call may be half through at that moment.
 */

/** What there was right after a changing call. */
interface HalfMade {
  readonly call: string;
  /** 1 for the first changing call. */
  readonly nth: number;
  readonly saved: string;
}

const root = await mkdtemp(join(tmpdir(), "bia-half-made-"));
const { before, states } = await createInSteps();
afterAll(() => rm(root, { recursive: true, force: true }));

async function createInSteps(): Promise<{ before: unknown; states: HalfMade[] }> {
  const folder = join(root, "world");
  const sandbox = await startSandbox({ delays: "none", folder });
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
  await createOn(sandbox);
  await sandbox.close();
  return { before, states };
}

describe("a create that was stopped for good", () => {
  it("is looked at after each of its changing calls", () => {
    expect(states.map(({ call }) => call)).toEqual(expect.arrayContaining(["ec2:RunInstances", "ecs:CreateService"]));
    expect(states.length).toBeGreaterThanOrEqual(55);
  });

  it.each(chosen(states, 4))("after call $nth, $call, is destroyed as a whole", async ({ saved }) => {
    const sandbox = await openCopy(saved);
    try {
      unlock(sandbox);
      expect(unfinished(await destroyOn(sandbox))).toEqual([]);
      expect(await everythingOn(sandbox)).toEqual(before);
      expect((await destroyOn(sandbox)).calls.changing).toBe(0);
    } finally {
      await sandbox.close();
    }
  });
});
