import { describe, expect, it } from "vitest";
import { type Doomed, destroy, findDoomed } from "../../src/engine/destroy.ts";
import type { Run } from "../../src/engine/run.ts";
import { select } from "../../src/engine/selection.ts";
import type { AnyTask, Stack } from "../../src/engine/task.ts";
import { FakeCloud, FakeError, fakeRun } from "../support/fake-kind.ts";

function stackOf(...stages: AnyTask[][]): Stack {
  return {
    name: "s",
    stages: stages.map((tasks, index) => ({ name: `${index + 1}`, title: "", tasks, outputs: {}, costs: [] })),
  };
}

const mine = { tags: { stack: "ours" }, state: "ready" } as const;

function find(run: Run<unknown>, stack: Stack, stages: readonly string[] | "all" = "all"): Promise<Doomed> {
  return findDoomed(run, stack, select(stack, stages));
}

describe("destroy", () => {
  it("removes each thing only after everything that needs it is gone", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    for (const name of ["a", "b"]) cloud.things.set(name, { value: name, ...mine, state: "ready" });
    cloud.slow.set("b", 3);
    const run = fakeRun();
    const outcomes = await destroy(run, await find(run, stackOf([a, b])));
    expect([...outcomes.values()]).toMatchObject([
      { result: { verdict: { is: "remove" } } },
      { result: { verdict: { is: "remove" } } },
    ]);
    expect(cloud.things.size).toBe(0);
    expect(cloud.calls.lastIndexOf("find b")).toBeLessThan(cloud.calls.indexOf("remove a"));
  });

  it("makes no changing call and takes no lock when nothing is there", async () => {
    const cloud = new FakeCloud();
    const run = fakeRun();
    await destroy(run, await find(run, stackOf([cloud.task("a")])));
    expect(cloud.calls).toEqual(["find a"]);
    expect(run.taken()).toBe(0);
  });

  it("finds by its name what mentions a thing that is gone", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("b", { value: "b", tags: { stack: "ours" }, state: "ready" });
    const gone = cloud.task("a");
    const run = fakeRun();
    const outcomes = await destroy(run, await find(run, stackOf([gone, cloud.task("b", [gone])])));
    expect([...outcomes.values()]).toMatchObject([
      { result: { verdict: { is: "absent" } } },
      { result: { verdict: { is: "remove" } } },
    ]);
    expect(cloud.things.size).toBe(0);
  });

  it("never deletes what does not carry our tag", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "theirs" }, state: "ready" });
    const run = fakeRun();
    const doomed = await find(run, stackOf([cloud.task("a")]));
    expect(doomed.foreign.map(({ id }) => id)).toEqual(["a"]);
    await destroy(run, doomed);
    expect(cloud.things.has("a")).toBe(true);
    expect(run.events.at(-1)).toMatchObject({ verdict: { is: "foreign" } });
  });

  it("leaves alone what has become somebody else's since it was looked for", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    const run = fakeRun();
    const doomed = await find(run, stackOf([cloud.task("a")]));
    cloud.things.set("a", { value: "a", tags: { stack: "theirs" }, state: "ready" });
    const outcomes = await destroy(run, doomed);
    expect(cloud.calls).not.toContain("remove a");
    expect([...outcomes.values()]).toMatchObject([{ result: { verdict: { is: "foreign" } } }]);
  });

  it("names as left alone only what is there, is not ours and was asked for", async () => {
    const cloud = new FakeCloud();
    const names = ["ours", "theirs", "theirs of another stage"];
    for (const name of names) {
      const tags = { stack: name === "ours" ? "ours" : "theirs" };
      cloud.things.set(name, { value: name, tags, state: "ready" });
    }
    const [ours, theirs, others] = names.map((name) => cloud.task(name)) as [AnyTask, AnyTask, AnyTask];
    const doomed = await find(fakeRun(), stackOf([ours, theirs, cloud.task("absent")], [others]), ["1"]);
    expect(doomed.foreign.map(({ id }) => id)).toEqual(["theirs"]);
    expect(doomed.removing.map(({ id }) => id)).toEqual(["ours"]);
  });

  it("asks again when AWS gave up a removal that it had accepted", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    let asked = 0;
    const remove = async () => {
      asked += 1;
      const thing = cloud.things.get("a");
      if (thing && asked === 2) thing.state = "leaving";
    };
    const stays = ({ state }: { state: string }) => (state === "ready" ? "a cluster still has it" : undefined);
    const run = fakeRun();
    await destroy(run, await find(run, stackOf([cloud.task("a", [], { kind: { remove, stays } })])));
    expect(asked).toBe(2);
    expect(cloud.things.size).toBe(0);
    expect(run.events).toContainEqual(expect.objectContaining({ type: "waiting", reason: "a cluster still has it" }));
  });

  it("asks again while AWS says that something is still in use", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    cloud.failNext(
      "remove a",
      new FakeError("busy", "DependencyViolation"),
      new FakeError("busy", "DependencyViolation"),
    );
    const run = fakeRun();
    await destroy(run, await find(run, stackOf([cloud.task("a")])));
    expect(cloud.calls.filter((call) => call === "remove a")).toHaveLength(3);
    expect(cloud.things.size).toBe(0);
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: "waiting", reason: expect.stringContaining("DependencyViolation") }),
    );
  });

  it("says what holds a thing that is still in use", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    cloud.failNext("remove a", new FakeError("busy", "DependencyViolation"));
    const run = fakeRun();
    const kind = { blockedBy: async () => ({ by: "interface eni-1" }) };
    await destroy(run, await find(run, stackOf([cloud.task("a", [], { kind })])));
    expect(run.events).toContainEqual(
      expect.objectContaining({ reason: "a is still in use: DependencyViolation: interface eni-1" }),
    );
    expect(cloud.things.size).toBe(0);
  });

  it("does not wait for long for what only a person can take away, and says what to do", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    cloud.failNext("remove a", ...Array.from({ length: 99 }, () => new FakeError("busy", "DependencyViolation")));
    const run = fakeRun();
    const kind = { blockedBy: async () => ({ by: "a rule of group b", next: "Delete that rule." }) };
    const [outcome] = (await destroy(run, await find(run, stackOf([cloud.task("a", [], { kind })])))).values();
    expect(outcome).toMatchObject({
      is: "failed",
      error: {
        message: expect.stringMatching(/^after 3\d s .*DependencyViolation: a rule of group b$/),
        next: "Delete that rule.",
      },
    });
  });

  it("goes on waiting where nobody may look what holds a thing", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    cloud.failNext("remove a", new FakeError("busy", "DependencyViolation"));
    const run = fakeRun();
    const kind = { blockedBy: () => Promise.reject(new Error("AccessDenied")) };
    await destroy(run, await find(run, stackOf([cloud.task("a", [], { kind })])));
    expect(cloud.things.size).toBe(0);
  });

  it("takes AWS's 'not found' for success", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    const held = cloud.hold("remove a");
    cloud.failNext("remove a", new FakeError("gone"));
    const run = fakeRun();
    const outcomes = destroy(run, await find(run, stackOf([cloud.task("a")])));
    await held.reached;
    cloud.things.delete("a");
    held.release();
    expect([...(await outcomes).values()]).toMatchObject([{ result: { verdict: { is: "remove" } } }]);
  });

  it("removes on when only a part of the thing was gone already", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    cloud.failNext("remove a", new FakeError("gone"));
    const run = fakeRun();
    const outcomes = await destroy(run, await find(run, stackOf([cloud.task("a")])));
    expect([...outcomes.values()]).toMatchObject([{ result: { verdict: { is: "remove" } } }]);
    expect(cloud.things.size).toBe(0);
  });

  it("goes on with the rest after a failure, and leaves alone what the failed thing stands on", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const tasks = [a, cloud.task("b", [a]), cloud.task("c")];
    for (const { id } of tasks) cloud.things.set(id, { value: id, ...mine, state: "ready" });
    cloud.failNext("remove b", new Error("protected"));
    const run = fakeRun();
    await destroy(run, await find(run, stackOf(tasks)));
    expect([...cloud.things.keys()]).toEqual(["a", "b"]);
  });

  it.each([1, 8])(
    "removes after a failure, too, what could not be removed before it, with %i calls at once",
    async (concurrency) => {
      const cloud = new FakeCloud();
      const below = cloud.task("below");
      const tasks = [below, cloud.task("above", [below]), cloud.task("protected"), cloud.task("other")];
      for (const { id } of tasks) cloud.things.set(id, { value: id, ...mine, state: "ready" });
      // What stands on it goes only when the failure is long known.
      cloud.slow.set("above", 3);
      cloud.failNext("remove protected", new Error("protected"));
      const run = fakeRun({ concurrency });
      await destroy(run, await find(run, stackOf(tasks)));
      expect([...cloud.things.keys()]).toEqual(["protected"]);
    },
  );

  it("fails what could not be looked at instead of taking it for absent", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    cloud.things.set("a", { value: "a", ...mine, state: "ready" });
    cloud.failNext("find b", new Error("AccessDenied"));
    const run = fakeRun();
    await destroy(run, await find(fakeRun(), stackOf([a, cloud.task("b", [a])])));
    expect(cloud.things.has("a")).toBe(true);
    expect(run.events[0]).toMatchObject({ type: "failed", task: "b" });
  });

  it("names what of other stages still needs a stage", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    for (const name of ["a", "b"]) cloud.things.set(name, { value: name, ...mine, state: "ready" });
    const doomed = await find(fakeRun(), stackOf([a], [b]), ["1"]);
    expect(doomed.inTheWay.map(({ id }) => id)).toEqual(["b"]);
    expect(doomed.removing.map(({ id }) => id)).toEqual(["a"]);
  });
});
