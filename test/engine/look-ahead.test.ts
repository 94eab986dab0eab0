import { describe, expect, it } from "vitest";
import { LookAhead } from "../../src/engine/look-ahead.ts";
import { NotYetKnown } from "../../src/engine/resolve.ts";
import { task } from "../../src/engine/task.ts";
import { FakeCloud, type FakeDesired, fakeRun } from "../support/fake-kind.ts";

/** A cloud in which each of these things is there. */
function cloudWith(...names: string[]): FakeCloud {
  const cloud = new FakeCloud();
  for (const name of names) cloud.things.set(name, { value: name, tags: { stack: "ours" }, state: "ready" });
  return cloud;
}

/** A kind whose things are only found with a value of what they need. */
function byValue(cloud: FakeCloud) {
  const plain = cloud.kind();
  return cloud.kind({
    find: async (aws, desired: FakeDesired) => {
      const [needed] = desired.needs;
      return needed === undefined ? undefined : plain.find(aws, desired);
    },
  });
}

describe("a look ahead", () => {
  it("asks at once for everything whose question is known, whatever the edges say", async () => {
    const cloud = cloudWith("a", "b", "c");
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    const c = cloud.task("c", [b]);
    const held = cloud.hold("find a");
    const looks = new LookAhead(fakeRun(), [a, b, c]);
    await held.reached;
    expect(await looks.of(c)).toMatchObject({ known: true, actual: { value: "c" } });
    expect(cloud.calls).toEqual(["find a", "find b", "find c"]);
    held.release();
    expect(await looks.of(a)).toMatchObject({ known: true, actual: { value: "a" } });
  });

  it("waits with what is found by a value of another thing until that one has been seen, and for nothing else", async () => {
    const cloud = cloudWith("a", "b", "other");
    const a = cloud.task("a");
    const b = task("b", "b", byValue(cloud), { name: "b", value: "b", needs: [a.out(({ value }) => value)] });
    const other = cloud.task("other");
    const held = cloud.hold("find other");
    const looks = new LookAhead(fakeRun(), [other, b, a]);
    await held.reached;
    expect(await looks.of(b)).toMatchObject({ known: true, actual: { value: "b" } });
    expect(cloud.calls).toEqual(["find other", "find a", "find b"]);
    held.release();
    await looks.failures();
  });

  it("asks again who can do without a value, once there is one: with it they may say more", async () => {
    const cloud = cloudWith("a", "b");
    const a = cloud.task("a");
    const kind = cloud.kind({
      find: async (_, { needs }) => {
        try {
          return { value: needs[0] ?? "", tags: {}, state: "ready" };
        } catch (error) {
          if (error instanceof NotYetKnown) return { value: "unknown", tags: {}, state: "ready" };
          throw error;
        }
      },
    });
    const b = task("b", "b", kind, { name: "b", value: "b", needs: [a.out(({ value }) => value)] });
    const missing = cloud.task("missing");
    const c = task("c", "c", kind, { name: "c", value: "c", needs: [missing.out(({ value }) => value)] });
    const looks = new LookAhead(fakeRun(), [b, c, a, missing]);
    expect(await looks.of(b)).toMatchObject({ known: true, actual: { value: "a" } });
    expect(await looks.of(c)).toMatchObject({ known: true, actual: { value: "unknown" } });
  });

  it("says that it does not know of what needs a value that is not there", async () => {
    const cloud = cloudWith("b");
    const a = cloud.task("a");
    const b = task("b", "b", byValue(cloud), { name: "b", value: "b", needs: [a.out(({ value }) => value)] });
    const looks = new LookAhead(fakeRun(), [a, b]);
    expect(await looks.of(a)).toEqual({ known: true, actual: undefined });
    expect(await looks.of(b)).toEqual({ known: false, actual: undefined });
  });

  it("does not know either where the other thing could not be looked at, and tells whose fault it is", async () => {
    const cloud = cloudWith("b");
    const refusal = new Error("you may not look");
    cloud.failNext("find a", refusal);
    const a = cloud.task("a");
    const b = task("b", "b", byValue(cloud), { name: "b", value: "b", needs: [a.out(({ value }) => value)] });
    const looks = new LookAhead(fakeRun(), [a, b]);
    expect(await looks.of(b)).toEqual({ known: false, actual: undefined });
    expect(await looks.failures()).toEqual([{ task: a, error: refusal }]);
  });

  it("makes no more calls at once than it may", async () => {
    const cloud = cloudWith("a", "b");
    const a = cloud.task("a");
    const held = cloud.hold("find a");
    const looks = new LookAhead(fakeRun({ concurrency: 1 }), [a, cloud.task("b")]);
    await held.reached;
    expect(cloud.calls).toEqual(["find a"]);
    held.release();
    await looks.failures();
    expect(cloud.calls).toEqual(["find a", "find b"]);
  });
});
