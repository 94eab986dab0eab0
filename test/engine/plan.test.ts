import { describe, expect, it } from "vitest";
import { create } from "../../src/engine/create.ts";
import type { Told } from "../../src/engine/outcome.ts";
import { plan, planOf } from "../../src/engine/plan.ts";
import { select } from "../../src/engine/selection.ts";
import { status } from "../../src/engine/status.ts";
import { type AnyTask, type Stack, task } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import { FakeCloud, fakeRun, type Thing } from "../support/fake-kind.ts";

function stackOf(...stages: AnyTask[][]): Stack {
  return {
    name: "s",
    stages: stages.map((tasks, index) => ({ name: `${index + 1}`, title: "", tasks, outputs: {}, costs: [] })),
  };
}

function verdictOf(outcomes: ReadonlyMap<AnyTask, Outcome<Told>>, one: AnyTask) {
  const outcome = outcomes.get(one);
  return outcome?.is === "done" ? outcome.result.verdict : outcome;
}

describe("plan", () => {
  it("says the same by what a status has seen", async () => {
    const cloud = new FakeCloud();
    const tasks = ["same", "other", "absent", "pending"].map((name) => cloud.task(name));
    for (const [name, value] of Object.entries({ same: "same", other: "changed", pending: "changed" }))
      cloud.things.set(name, { value, tags: { stack: "ours" }, state: name === "pending" ? "pending" : "ready" });
    cloud.slow.set("pending", 9);
    const selection = select(stackOf(tasks.slice(0, 2), [cloud.task("last", tasks)], tasks.slice(2)), ["1", "2"]);
    const seen = await status(fakeRun(), selection.tasks);
    const told = planOf(selection, seen);
    const planned = await plan(fakeRun(), selection);
    for (const one of selection.tasks) expect(verdictOf(told, one), one.id).toEqual(verdictOf(planned, one));
    expect(selection.tasks.map((one) => verdictOf(seen, one)?.is)).not.toEqual(
      selection.tasks.map((one) => verdictOf(told, one)?.is),
    );
  });

  it("says create for what is absent, also where it needs values that do not exist yet", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const find = async (_: unknown, { needs }: { needs: readonly string[] }) => {
      cloud.calls.push(`asked with ${needs[0]}`);
      return undefined;
    };
    const needsValue = cloud.task("b", [a], { kind: { find } });
    const run = fakeRun();
    await plan(run, select(stackOf([a, needsValue]), "all"));
    expect(run.events.filter((event) => event.type === "done")).toMatchObject([
      { task: "a", verdict: { is: "create" } },
      { task: "b", verdict: { is: "create" } },
    ]);
    expect(cloud.calls).toEqual(["find a"]);
  });

  it("finds what is there by name although something that it needs is gone", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    cloud.things.set("b", { value: "b", tags: { stack: "ours" }, state: "ready" });
    const run = fakeRun();
    await plan(run, select(stackOf([a, cloud.task("b", [a])]), "all"));
    expect(run.events.filter((event) => event.type === "done")).toMatchObject([
      { task: "a", verdict: { is: "create" } },
      { task: "b", verdict: { is: "unchanged" } },
    ]);
  });

  it("takes for unknown what a thing does not know of itself yet", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "pending" });
    cloud.slow.set("a", 4);
    const kind = cloud.kind({ usable: ({ state }) => state === "ready" });
    const a = task("a", "a", kind, { name: "a", value: "a", needs: [] });
    const unknown = a.early(({ state }) => {
      if (state !== "ready") throw new Error("read too early");
      return "b";
    });
    const b = task("b", "b", cloud.kind(), { name: unknown, value: "b", needs: [] });
    const run = fakeRun();
    await plan(run, select(stackOf([a, b]), "all"));
    expect(run.events.filter((event) => event.type === "done")).toMatchObject([
      { task: "a", verdict: { is: "unchanged" } },
      { task: "b", verdict: { is: "create" } },
    ]);
  });

  it("makes no changing call", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "old", tags: { stack: "ours" }, state: "ready" });
    await plan(fakeRun(), select(stackOf([cloud.task("a"), cloud.task("b")]), "all"));
    expect(cloud.calls).toEqual(["find a", "find b"]);
  });

  it("goes on with what does not depend on a failure", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    cloud.failNext("find a", new Error("AccessDenied"));
    const run = fakeRun();
    await plan(run, select(stackOf([a, cloud.task("b", [a]), cloud.task("c")]), "all"));
    expect(run.events).toContainEqual(expect.objectContaining({ type: "failed", task: "a" }));
    expect(run.events).toContainEqual(expect.objectContaining({ type: "done", task: "c" }));
    expect(run.events).toContainEqual({ type: "skipped", task: "b", because: "a failed" });
  });

  describe("of a thing that will be changed", () => {
    /** `b` has a value of `a`, which is what it was until now, and which every update of `a` moves. */
    async function planned(value: string, stages: "all" | readonly string[] = "all") {
      const cloud = new FakeCloud();
      for (const name of ["a", "b"]) cloud.things.set(name, { value: "old", tags: { stack: "ours" }, state: "ready" });
      const foreseen = (thing: Thing) => ({ ...thing, value: "(the next one)" });
      const a = cloud.task("a", [], { value, kind: { foreseen } });
      const b = task("b", "b", cloud.kind(), { name: "b", value: a.out((thing) => thing.value), needs: [] });
      const outcomes = await plan(fakeRun(), select(stackOf([a], [b]), stages));
      return { calls: cloud.calls, verdict: verdictOf(outcomes, b) };
    }

    it("counts on another value of it where it is mentioned, and looks at everything once", async () => {
      const changes = [{ field: "value", from: "old", to: "(the next one)" }];
      const verdict = { is: "update", changes };
      expect(await planned("new")).toEqual({ verdict, calls: ["find a", "find b"] });
    });

    it("counts on the value that it has where nothing of it will be changed", async () => {
      expect((await planned("old")).verdict).toEqual({ is: "unchanged" });
    });

    it("counts on the value that it has where its stage was not asked for", async () => {
      expect((await planned("new", ["2"])).verdict).toEqual({ is: "unchanged" });
    });
  });

  it("shows what an earlier run left broken as something to do, and why", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "ready" });
    const run = fakeRun();
    const a = cloud.task("a", [], { kind: { redo: true, broken: () => "it failed" } });
    await plan(run, select(stackOf([a]), "all"));
    expect(run.events.at(-1)).toMatchObject({
      verdict: { is: "create" },
      detail: expect.stringContaining("it failed"),
    });
  });

  it("says that a task of an earlier stage is missing instead of planning it", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const run = fakeRun();
    await plan(run, select(stackOf([a], [cloud.task("b", [a])]), ["2"]));
    expect(run.events.find((event) => event.type === "done" && event.task === "a")).toMatchObject({
      verdict: { is: "blocked", why: "not there: stage 1 is not up" },
    });
  });
});

describe("what create would refuse", () => {
  const broken = { broken: () => "it failed", remedy: () => "Look at it." };

  it("is told by the plan in the same words", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "ready" });
    const a = cloud.task("a", [], { kind: broken });
    const planned = await plan(fakeRun(), select(stackOf([a]), "all"));
    expect(verdictOf(planned, a)).toEqual({ is: "blocked", by: [], why: "it failed. Look at it." });
    const created = await create(fakeRun(), { tasks: [a], findOnly: new Map(), adopt: false });
    expect(created.get(a)).toMatchObject({ is: "failed", error: { message: "it failed", next: "Look at it." } });
  });

  it("is not what a repair may mend, as long as there is something to repair", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "bad", tags: { stack: "ours" }, state: "ready" });
    const isBad = ({ value }: Thing) => (value === "bad" ? "it failed" : undefined);
    const ofValue = (value: string) => cloud.task("a", [], { value, kind: { broken: isBad, heals: true } });
    const stays = ofValue("bad");
    expect(verdictOf(await plan(fakeRun(), select(stackOf([stays]), "all")), stays)).toMatchObject({ is: "blocked" });
    expect(await create(fakeRun(), { tasks: [stays], findOnly: new Map(), adopt: false })).toEqual(
      new Map([[stays, expect.objectContaining({ is: "failed" })]]),
    );
    const mended = ofValue("good");
    const update = { is: "update", changes: [{ field: "value", from: "bad", to: "good" }] };
    expect(verdictOf(await plan(fakeRun(), select(stackOf([mended]), "all")), mended)).toEqual(update);
    const created = await create(fakeRun(), { tasks: [mended], findOnly: new Map(), adopt: false });
    expect(verdictOf(created, mended)).toEqual(update);
  });

  it("is told where the repair itself has failed, and not waited for", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "old", tags: { stack: "ours" }, state: "ready" });
    let isPutBack = false;
    const kind = {
      async update() {
        isPutBack = true;
      },
      broken: () => (isPutBack ? "AWS has gone back" : undefined),
      heals: true,
    } as const;
    const a = cloud.task("a", [], { value: "new", kind });
    const created = await create(fakeRun(), { tasks: [a], findOnly: new Map(), adopt: false });
    expect(created.get(a)).toMatchObject({ is: "failed", error: { message: "AWS has gone back" } });
  });

  it("is not what it does again by itself", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "ready" });
    const a = cloud.task("a", [], { kind: { ...broken, redo: true } });
    expect(verdictOf(await plan(fakeRun(), select(stackOf([a]), "all")), a)).toEqual({ is: "create" });
  });
});

describe("status", () => {
  it("calls not ready what is broken, whatever else is to be said of it", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "other", tags: { stack: "ours" }, state: "ready" });
    const a = cloud.task("a", [], { kind: { broken: () => "it failed" } });
    expect(verdictOf(await status(fakeRun(), [a]), a)).toEqual({
      is: "not-ready",
      why: "it failed",
      changes: [{ field: "value", from: "other", to: "a" }],
    });
  });

  it("says what is there, what is not and why something is not ready", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "pending" });
    cloud.slow.set("a", 5);
    const run = fakeRun();
    await status(run, [cloud.task("a"), cloud.task("b")]);
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: "done", task: "a", verdict: { is: "not-ready", why: "pending", changes: [] } }),
    );
    expect(run.events).toContainEqual(expect.objectContaining({ type: "done", task: "b", verdict: { is: "absent" } }));
  });
});
