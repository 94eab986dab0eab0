import { beforeEach, describe, expect, it } from "vitest";
import { TargetHistory } from "../../src/aws/target-history.ts";

const START = 1_000_000;
let now: number;
let history: TargetHistory;

beforeEach(() => {
  now = START;
  history = new TargetHistory({ now: () => now, speed: 1 });
});

/** A look, so many seconds after the start, at targets of port 32768 on machines, by their states. */
function look(seconds: number, states: Record<string, string>, group = "group"): void {
  now = START + 1000 * seconds;
  const found = Object.entries(states).map(([Id, State]) => ({ Target: { Id, Port: 32768 }, TargetHealth: { State } }));
  history.saw(group, found as Parameters<TargetHistory["saw"]>[1]);
}

/** Seconds after the start at which the target of a machine became healthy. */
function healthyAt(machine: string, from = 0, to = 10_000): number | undefined {
  const at = history.healthyAt(`${machine}:32768`, START + 1000 * from, START + 1000 * to);
  return at === undefined ? undefined : (at - START) / 1000;
}

describe("the history of targets", () => {
  it("knows when a target passed its first check: at the look that found it healthy first", () => {
    look(0, {});
    look(1, { "i-1": "initial" });
    look(2, { "i-1": "healthy", "i-2": "initial" });
    look(3, { "i-1": "healthy", "i-2": "healthy" });
    expect([healthyAt("i-1"), healthyAt("i-2")]).toEqual([2, 3]);
  });

  it("does not know it of one that was healthy when it was looked for the first time", () => {
    look(0, { "i-1": "healthy" });
    look(1, { "i-1": "healthy" });
    expect(healthyAt("i-1")).toBeUndefined();
  });

  it("does not know it where nobody looked for long before: it may have been at any time since", () => {
    look(0, { "i-1": "initial" });
    look(600, { "i-1": "healthy" });
    expect(healthyAt("i-1")).toBeUndefined();
  });

  it("tells apart tasks that had the same port one after the other", () => {
    look(0, {});
    look(1, { "i-1": "healthy" });
    look(2, { "i-1": "draining" });
    look(3, {});
    look(4, { "i-1": "initial" });
    look(5, { "i-1": "healthy" });
    expect([healthyAt("i-1", 0, 3), healthyAt("i-1", 3)]).toEqual([1, 5]);
  });

  it("knows how each is now, and those that are gone for an hour, whatever other groups have", () => {
    look(0, { "i-1": "healthy", "i-2": "healthy" });
    look(1, { "i-1": "draining" });
    look(1, { "i-3": "healthy" }, "other");
    const states = () => history.targets.map((target) => history.stateOf(target));
    expect(states()).toEqual(["draining", undefined, "healthy"]);
    look(3_500, { "i-1": "healthy" });
    expect(history.targets).toContain("i-2:32768");
    look(3_700, { "i-1": "healthy" });
    expect(history.targets).toEqual(["i-1:32768", "i-3:32768"]);
  });
});
