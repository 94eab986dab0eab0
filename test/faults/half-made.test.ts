import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createInSteps, expectDestroyed } from "./half-made.ts";
import { chosen } from "./undisturbed.ts";

/** A create that was stopped for good after each of its changing calls, destroyed: nothing is left. */

const root = await mkdtemp(join(tmpdir(), "bia-half-made-"));
const inSteps = await createInSteps(root);
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a create that was stopped for good", () => {
  it("is looked at after each of its changing calls", () => {
    const calls = inSteps.states.map(({ call }) => call);
    expect(calls).toEqual(expect.arrayContaining(["ec2:RunInstances", "ecs:CreateService"]));
    expect(calls.length).toBeGreaterThanOrEqual(55);
  });

  it.each(chosen(inSteps.states, 4))("after call $nth, $call, is destroyed as a whole", (state) =>
    expectDestroyed(state, inSteps),
  );
});
