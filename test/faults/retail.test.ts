import { describe, expect, it } from "vitest";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { everythingOn } from "../support/everything.ts";
import { unfinished } from "../support/runs.ts";
import { disturbed } from "./one-call.ts";
import { act, chosen, sandboxFor, stacksFor, undisturbed, unlock } from "./undisturbed.ts";

/** Changing calls of create and of destroy of stack retail, as in answer-lost, call-failed and half-made those of stack bia. */

const { variables } = await load(undefined, "/", "retail");
const normal = await undisturbed(stackOf(variables, { region: "us-east-1", target: "sandbox" }));

describe("on stack retail", { timeout: 300_000 }, () => {
  it("the cases are all changing calls, those of scaling among them", () => {
    const of = (command: string) => normal.cases.filter((one) => one.command === command).map((one) => one.operation);
    const scaling = (...names: string[]) => names.map((name) => `application-autoscaling:${name}`);
    expect(of("create")).toEqual(expect.arrayContaining(scaling("RegisterScalableTarget", "PutScalingPolicy")));
    expect(of("destroy")).toEqual(expect.arrayContaining(scaling("DeleteScalingPolicy", "DeregisterScalableTarget")));
    expect(normal.cases.length).toBeGreaterThanOrEqual(60);
  });

  it.each(stacksFor(normal.cases, 1))("$command, $calls: the answer is lost", (one) => disturbed(one, "drop", normal));

  it.each(stacksFor(normal.cases, 4))("$command, $calls: fails before it does anything", (one) =>
    disturbed(one, { error: { code: "InternalFailure", status: 500 } }, normal),
  );

  const creates = normal.cases.filter(({ command }) => command === "create");
  it.each(chosen(creates, 2))("a create that never got past $operation $nth is destroyed as a whole", async (one) => {
    const { command, operation, nth } = one;
    const sandbox = await sandboxFor(command);
    try {
      sandbox.world.faults.set([{ operation, nth, effect: { error: { code: "AccessDenied", status: 403 } } }]);
      await act("create", sandbox, normal.stack).catch(() => {});
      sandbox.world.faults.set([]);
      unlock(sandbox, normal.stack);
      expect(unfinished(await act("destroy", sandbox, normal.stack))).toEqual([]);
      expect(await everythingOn(sandbox)).toEqual(normal.before);
    } finally {
      await sandbox.close();
    }
  });
});
