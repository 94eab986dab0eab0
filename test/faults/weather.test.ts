import { describe, expect, it } from "vitest";
import type { FaultRule } from "../../src/sandbox/world/fault-rules.ts";
import { undisturbedCreate } from "../support/created.ts";
import { everythingOn } from "../support/everything.ts";
import { createOn, destroyOn, planOn, unfinished, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** Runs on the whole stack while much goes wrong all the time. */

const WEATHERS: Record<string, FaultRule[]> = {
  "a fifth of all calls is throttled": [{ operation: "any", probability: 0.2, effect: "throttle" }],
  "reads lag behind by three": [{ operation: "reading", effect: { lag: 3 } }],
};

describe("a run in bad weather ends like any other", () => {
  it.each(Object.entries(WEATHERS))("%s", async (_, rules) => {
    const { created } = await undisturbedCreate();
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everythingOn(sandbox);
    sandbox.world.faults.set(rules);
    expect(unfinished(await createOn(sandbox))).toEqual([]);
    sandbox.world.faults.set([]);
    expect(await everythingOn(sandbox)).toEqual(created);
    expect(new Set(Object.values(verdicts(await planOn(sandbox))))).toEqual(new Set(["unchanged"]));
    sandbox.world.faults.set(rules);
    expect(unfinished(await destroyOn(sandbox))).toEqual([]);
    sandbox.world.faults.set([]);
    expect(await everythingOn(sandbox)).toEqual(before);
  });

  it("a new instance profile stays invisible to EC2 for a while, and nothing changes but the time", async () => {
    const only = { only: "dev-instance" };
    const quick = await sandboxForTest({ delays: "none" });
    await createOn(quick, only);
    const slow = await sandboxForTest({ delays: "real", speed: 60 });
    const created = await createOn(slow, only);
    expect(unfinished(created)).toEqual([]);
    expect(created.events).toContainEqual(
      expect.objectContaining({ type: "waiting", task: "dev-instance", reason: expect.stringContaining("made") }),
    );
    expect(await everythingOn(slow)).toEqual(await everythingOn(quick));
  });
});
