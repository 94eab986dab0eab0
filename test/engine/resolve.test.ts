import { describe, expect, it } from "vitest";
import { NotYetKnown, resolve } from "../../src/engine/resolve.ts";
import { edgesOf } from "../../src/engine/task.ts";
import { FakeCloud } from "../support/fake-kind.ts";

describe("a ref", () => {
  const cloud = new FakeCloud();
  const a = cloud.task("a");

  it("is an edge wherever it stands in what a task asks for", () => {
    const b = cloud.task("b", [a]);
    expect(edgesOf(b)).toEqual([{ task: a, readiness: "ready" }]);
  });

  it("asks for readiness as soon as one of several refs to a task does", () => {
    const both = { ...cloud.task("b"), desired: { early: a.early(() => 1), deep: [{ late: a.out(() => 2) }] } };
    expect(edgesOf(both)).toEqual([{ task: a, readiness: "ready" }]);
  });

  it("is replaced by its value at any depth", () => {
    const desired = { list: [a.out(({ value }) => value)], deep: { plain: 1, ref: a.out(() => ({ x: 2 })) } };
    const actual = { value: "v" };
    expect(resolve(desired, () => actual)).toEqual({ list: ["v"], deep: { plain: 1, ref: { x: 2 } } });
  });

  it("can be left unknown: only who reads the place is told, and which task it is", () => {
    const resolved = resolve({ name: "n", id: a.out(({ value }) => value) }, () => undefined);
    expect(resolved.name).toBe("n");
    expect(() => resolved.id).toThrow(NotYetKnown);
    expect(() => resolved.id).toThrow("known after a");
  });
});
