import { describe, expect, it } from "vitest";
import { type CreateOptions, create } from "../../src/engine/create.ts";
import { Explained, NotYet, RunStopped } from "../../src/engine/errors.ts";
import type { Verdict } from "../../src/engine/event.ts";
import { EXIT, taskOutcomes } from "../../src/engine/outcome.ts";
import type { AnyTask } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import { FakeCloud, FakeError, fakeRun, jumpingClock } from "../support/fake-kind.ts";

const all = (tasks: readonly AnyTask[]): CreateOptions => ({ tasks, findOnly: new Map(), adopt: false });

function verdicts(outcomes: Map<AnyTask, Outcome<{ verdict: Verdict }>>): Record<string, string> {
  return Object.fromEntries(
    [...outcomes].map(([task, outcome]) => [task.id, outcome.is === "done" ? outcome.result.verdict.is : outcome.is]),
  );
}

/** A thing of ours that is ready. */
function thing(value: string) {
  return { value, tags: { stack: "ours" }, state: "ready" as const };
}

describe("create", () => {
  it("makes what is absent, each thing after what it mentions", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    const outcomes = await create(fakeRun(), all([b, a]));
    expect(verdicts(outcomes)).toEqual({ a: "create", b: "create" });
    expect(cloud.calls.filter((call) => call.startsWith("create"))).toEqual(["create a", "create b"]);
  });

  it("changes nothing the second time and does not take the lock", async () => {
    const cloud = new FakeCloud();
    const tasks = [cloud.task("a"), cloud.task("b")];
    await create(fakeRun(), all(tasks));
    cloud.calls.length = 0;
    const second = fakeRun();
    expect(verdicts(await create(second, all(tasks)))).toEqual({ a: "unchanged", b: "unchanged" });
    expect(cloud.calls).toEqual(["find a", "find b"]);
    expect(second.taken()).toBe(0);
  });

  it("reads again what it had read before the lock was its own", async () => {
    const cloud = new FakeCloud();
    const run = fakeRun();
    const take = run.lease.take;
    const lease = {
      get held() {
        return run.lease.held;
      },
      async take() {
        // The run that held the lock until now has made the thing.
        cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "ready" });
        await take();
      },
    };
    const outcomes = await create({ ...run, lease }, all([cloud.task("a")]));
    expect(verdicts(outcomes)).toEqual({ a: "unchanged" });
    expect(cloud.calls).not.toContain("create a");
  });

  it("repairs what differs and says which fields", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "old", tags: { stack: "ours" }, state: "ready" });
    const run = fakeRun();
    await create(run, all([cloud.task("a", [], { value: "new" })]));
    expect(cloud.things.get("a")?.value).toBe("new");
    expect(run.events.at(-1)).toMatchObject({
      type: "done",
      verdict: { is: "update", changes: [{ field: "value", from: "old", to: "new" }] },
    });
  });

  it("looks again when a repair was about something that is gone: it may have been its own, with the answer lost", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", thing("old"));
    const held = cloud.hold("update a");
    cloud.failNext("update a", new FakeError("gone"));
    const running = create(fakeRun(), all([cloud.task("a", [], { value: "new" })]));
    await held.reached;
    cloud.things.set("a", thing("new"));
    held.release();
    expect(verdicts(await running)).toEqual({ a: "update" });
    expect(cloud.calls.filter((call) => call === "update a")).toHaveLength(1);
  });

  it("refuses a change that needs a replacement, and changes nothing", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "old", tags: { stack: "ours" }, state: "ready" });
    const diff = () => [{ field: "zone", from: "a", to: "b", needsReplacement: true }];
    const run = fakeRun();
    await create(run, all([cloud.task("a", [], { kind: { diff } })]));
    expect(run.events.at(-1)).toMatchObject({
      type: "failed",
      error: { why: expect.stringContaining("needs replacement") },
    });
    expect(cloud.calls).toEqual(["find a"]);
  });

  it("uses a thing of the same name that is not ours, as it is, and says so", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "theirs", tags: {}, state: "ready" });
    const outcomes = await create(fakeRun(), all([cloud.task("a")]));
    expect(verdicts(outcomes)).toEqual({ a: "foreign" });
    expect(cloud.things.get("a")?.value).toBe("theirs");
  });

  it("takes a foreign thing over when told to adopt it", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "theirs", tags: {}, state: "ready" });
    const adopt = async (_: unknown, __: unknown, tags: Readonly<Record<string, string>>) => {
      const thing = cloud.things.get("a");
      if (thing) thing.tags = { ...tags };
    };
    const outcomes = await create(fakeRun(), { ...all([cloud.task("a", [], { kind: { adopt } })]), adopt: true });
    expect(verdicts(outcomes)).toEqual({ a: "update" });
    expect(cloud.things.get("a")).toMatchObject({ value: "a", tags: { stack: "ours" } });
  });

  it("puts its tags on nothing of somebody else's unless it is told to, nor in a stage that was not asked for", async () => {
    const adopting = (cloud: FakeCloud) => ({ adopt: async () => void cloud.calls.push("adopt a") });
    for (const [adopt, findOnly] of [
      [false, false],
      [false, true],
      [true, true],
    ]) {
      const cloud = new FakeCloud();
      cloud.things.set("a", { value: "a", tags: { stack: "theirs" }, state: "ready" });
      const a = cloud.task("a", [], { kind: adopting(cloud) });
      const options = { tasks: [a], findOnly: new Map(findOnly ? [[a, "1"]] : []), adopt: adopt === true };
      expect(verdicts(await create(fakeRun(), options))).toEqual({ a: "foreign" });
      expect(cloud.calls).not.toContain("adopt a");
    }
  });

  it("puts its tags on a thing once, however late AWS shows them", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "theirs" }, state: "pending" });
    cloud.slow.set("a", 3);
    const adopt = async () => {
      if (cloud.calls.includes("adopt a")) throw new Error("its tags were put on twice");
      cloud.calls.push("adopt a");
    };
    const outcomes = await create(fakeRun(), { ...all([cloud.task("a", [], { kind: { adopt } })]), adopt: true });
    expect(cloud.calls).toContain("adopt a");
    expect(verdicts(outcomes)).toEqual({ a: "update" });
  });

  it("marks what an older version made without saying for which region, and leaves it at that", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours", task: "a" }, state: "ready" });
    const adopt = async (_: unknown, __: unknown, tags: Readonly<Record<string, string>>) => {
      cloud.calls.push(`adopt a: ${JSON.stringify(tags)}`);
    };
    const ownership = (one: AnyTask) => ({ stack: "ours", task: one.id, region: "here" });
    const kind = { global: true as const, adopt };
    const outcomes = await create(fakeRun({ ownership }), all([cloud.task("a", [], { kind })]));
    expect(cloud.calls.filter((call) => !call.startsWith("find"))).toEqual([
      'adopt a: {"stack":"ours","task":"a","region":"here"}',
    ]);
    expect([...outcomes.values()]).toMatchObject([
      { result: { verdict: { is: "update", changes: [{ field: "tag region", to: "here" }] } } },
    ]);
  });

  it("pauses before it asks again for what a kind says is not possible yet, and says why it waits", async () => {
    const cloud = new FakeCloud();
    cloud.failNext("create a", new NotYet("AWS is still letting go of the name"));
    const clock = jumpingClock();
    const run = fakeRun({ clock });
    let sleptBefore = -1;
    const task = cloud.task("a");
    const { create: make } = task.kind;
    const kind = {
      create: async (...args: Parameters<NonNullable<typeof make>>) => {
        sleptBefore = clock.slept.length;
        await make?.(...args);
      },
    };
    expect(verdicts(await create(run, all([cloud.task("a", [], { kind })])))).toEqual({ a: "create" });
    expect(sleptBefore).toBe(1);
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: "waiting", reason: "AWS is still letting go of the name" }),
    );
  });

  it("looks often again at what it has made, however long it had to wait until AWS let it be made", async () => {
    const cloud = new FakeCloud();
    cloud.failNext(
      "create a",
      ...Array.from({ length: 20 }, () => new FakeError("busy", "another one is being deleted")),
    );
    cloud.slow.set("a", 3);
    const clock = jumpingClock();
    let made = 0;
    const { create: make } = cloud.task("a").kind;
    const kind = {
      create: async (...args: Parameters<NonNullable<typeof make>>) => {
        await make?.(...args);
        made = clock.slept.length;
      },
    };
    await create(fakeRun({ clock }), all([cloud.task("a", [], { kind })]));
    const [last = 0, next = 0] = clock.slept.slice(made - 1);
    expect(last).toBeGreaterThan(400);
    expect(next).toBe(200);
  });

  it("says once what it waits for, however often it looks", async () => {
    const cloud = new FakeCloud();
    cloud.slow.set("a", 5);
    const run = fakeRun();
    await create(run, all([cloud.task("a")]));
    const reasons = run.events.flatMap((event) => (event.type === "waiting" ? [event.reason] : []));
    expect(reasons).toEqual(["pending"]);
  });

  it("waits until a thing is ready before it goes on to what needs it", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    cloud.slow.set("a", 3);
    await create(fakeRun(), all([a, cloud.task("b", [a])]));
    const finds = cloud.calls.slice(0, cloud.calls.indexOf("create b")).filter((call) => call === "find a");
    expect(finds.length).toBeGreaterThanOrEqual(5);
  });

  it("goes on with what only needs a thing to exist while that thing is not ready yet", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    cloud.slow.set("a", 5);
    const run = fakeRun();
    await create(run, all([a, cloud.task("b", [a], { early: true })]));
    const done = run.events.flatMap((event) => (event.type === "done" ? [event.task] : []));
    expect(done).toEqual(["b", "a"]);
  });

  it("goes on with what only needs a thing to exist once the thing knows all that can be read of it", async () => {
    const cloud = new FakeCloud();
    cloud.slow.set("a", 4);
    let looks = 0;
    const a = cloud.task("a", [], { kind: { usable: () => ++looks > 2 } });
    const run = fakeRun();
    await create(run, all([a, cloud.task("b", [a], { early: true })]));
    const before = cloud.calls.slice(0, cloud.calls.indexOf("create b"));
    expect(before.filter((call) => call === "find a").length).toBeGreaterThanOrEqual(3);
    const done = run.events.flatMap((event) => (event.type === "done" ? event.task : []));
    expect(done).toEqual(["b", "a"]);
  });

  it("lets reads lag behind without making anything twice", async () => {
    const cloud = new FakeCloud();
    const lagging = cloud.hold("create a");
    const run = create(fakeRun(), all([cloud.task("a")]));
    await lagging.reached;
    cloud.lag.set("a", 3);
    lagging.release();
    expect(verdicts(await run)).toEqual({ a: "create" });
    expect(cloud.calls.filter((call) => call === "create a")).toHaveLength(1);
  });

  it("takes AWS's 'already exists' for success", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "ready" });
    cloud.lag.set("a", 2);
    expect(verdicts(await create(fakeRun(), all([cloud.task("a")])))).toEqual({ a: "create" });
  });

  it("says foreign of a thing that it tried to make and that turned out to be someone else's", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", { value: "theirs", tags: {}, state: "ready" });
    cloud.lag.set("a", 2);
    expect(verdicts(await create(fakeRun(), all([cloud.task("a")])))).toEqual({ a: "foreign" });
    expect(cloud.things.get("a")?.value).toBe("theirs");
  });

  it("looks no more at what AWS's answer to the create has told, and compares that", async () => {
    const cloud = new FakeCloud();
    const made = { value: "bare", tags: { stack: "ours" }, state: "ready" as const };
    const kind = {
      create: async () => {
        cloud.calls.push("create a");
        cloud.things.set("a", { ...made });
        return made;
      },
      update: async (_: unknown, { value }: { readonly value: string }) => {
        cloud.calls.push("update a");
        cloud.things.set("a", { ...made, value });
        return { ...made, value };
      },
    };
    const outcomes = await create(fakeRun(), all([cloud.task("a", [], { kind })]));
    expect(verdicts(outcomes)).toEqual({ a: "create" });
    expect(cloud.calls).toEqual(["find a", "find a", "create a", "update a"]);
    expect(cloud.things.get("a")?.value).toBe("a");
  });

  it("looks at what was made without an answer, and at what an answer told to be under way", async () => {
    const cloud = new FakeCloud();
    const makes = async () => {
      cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "pending" });
      return { value: "a", tags: { stack: "ours" }, state: "pending" as const };
    };
    const clock = jumpingClock();
    const tasks = [cloud.task("a", [], { kind: { create: makes } }), cloud.task("b")];
    expect(verdicts(await create(fakeRun({ clock }), all(tasks)))).toEqual({ a: "create", b: "create" });
    expect(cloud.calls.filter((call) => call === "find a").length).toBeGreaterThan(2);
    expect(cloud.calls.filter((call) => call === "find b").length).toBeGreaterThan(2);
    expect(clock.slept.length).toBeGreaterThan(0);
  });

  it("looks at once at what an answer told to be under way, where nothing takes its usual time", async () => {
    const cloud = new FakeCloud();
    const kind = {
      create: async () => {
        cloud.things.set("a", { value: "a", tags: { stack: "ours" }, state: "ready" });
        return { value: "a", tags: { stack: "ours" }, state: "pending" as const };
      },
    };
    const clock = jumpingClock();
    await create(fakeRun({ clock, isUsual: false }), all([cloud.task("a", [], { kind })]));
    expect(clock.slept).toEqual([]);
  });

  it("asks for the update again, and not for the thing, while AWS does not know yet what it has just answered", async () => {
    const cloud = new FakeCloud();
    const made = { value: "bare", tags: { stack: "ours" }, state: "ready" as const };
    const makes = async () => {
      cloud.things.set("a", { ...made });
      return made;
    };
    cloud.failNext("update a", new FakeError("gone"), new FakeError("gone"));
    const outcomes = await create(fakeRun(), all([cloud.task("a", [], { kind: { create: makes } })]));
    expect(verdicts(outcomes)).toEqual({ a: "create" });
    expect(cloud.calls).toEqual(["find a", "find a", "update a", "update a", "update a", "find a"]);
  });

  it("asks again, densely, while AWS does not see what was just made", async () => {
    const cloud = new FakeCloud();
    cloud.failNext("create a", ...Array.from({ length: 6 }, () => new FakeError("propagation")));
    const clock = jumpingClock();
    expect(verdicts(await create(fakeRun({ clock }), all([cloud.task("a")])))).toEqual({ a: "create" });
    const before = clock.slept.map((_, index) => clock.slept.slice(0, index).reduce((sum, ms) => sum + ms, 0));
    for (const [index, ms] of clock.slept.entries()) {
      expect(ms).toBeLessThanOrEqual(Math.max(500, 0.5 * (before[index] ?? 0)));
    }
  });

  it("makes again what met 'not found': what it names was made a moment ago, and AWS does not see it yet", async () => {
    const cloud = new FakeCloud();
    cloud.failNext("create a", new FakeError("gone"), new FakeError("gone"));
    const outcomes = await create(fakeRun(), all([cloud.task("a")]));
    expect(cloud.calls.filter((call) => call === "create a")).toHaveLength(3);
    expect([verdicts(outcomes), cloud.things.has("a")]).toEqual([{ a: "create" }, true]);
  });

  it("makes a second change once it sees that the first has brought up another one", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("a", thing("stopped"));
    const diff = (desired: { value: string }, { value }: { value: string }) => {
      if (value === "stopped") return [{ field: "state", from: "stopped", to: "running" }];
      return value === desired.value ? [] : [{ field: "size", from: value, to: desired.value }];
    };
    const update = async (_: unknown, desired: { value: string }, actual: { value: string }) => {
      cloud.calls.push(`update ${actual.value}`);
      cloud.things.set("a", thing(actual.value === "stopped" ? "small" : desired.value));
    };
    const outcomes = await create(fakeRun(), all([cloud.task("a", [], { value: "large", kind: { diff, update } })]));
    expect(cloud.calls.filter((call) => call.startsWith("update"))).toEqual(["update stopped", "update small"]);
    expect([verdicts(outcomes), cloud.things.get("a")?.value]).toEqual([{ a: "update" }, "large"]);
  });

  it("gives up on propagation after two minutes with AWS's own error", async () => {
    const cloud = new FakeCloud();
    cloud.failNext("create a", ...Array.from({ length: 1000 }, () => new FakeError("propagation", "not seen")));
    const run = fakeRun();
    await create(run, all([cloud.task("a")]));
    expect(run.events.at(-1)).toMatchObject({ type: "failed", error: { why: "not seen" } });
    expect(run.clock.now()).toBeLessThan(125_000);
  });

  it("starts nothing new after a failure and lets running work end", async () => {
    const cloud = new FakeCloud();
    const held = cloud.hold("create slow");
    cloud.failNext("create bad", new Error("no"));
    const slow = cloud.task("slow");
    const tasks = [slow, cloud.task("bad"), cloud.task("after", [slow])];
    const run = fakeRun();
    const outcomes = create(run, all(tasks));
    await held.reached;
    held.release();
    expect(verdicts(await outcomes)).toEqual({ slow: "create", bad: "failed", after: "skipped" });
    expect(cloud.calls).not.toContain("create after");
  });

  it("changes nothing before all that it cannot make itself has been found", async () => {
    const cloud = new FakeCloud();
    const given = cloud.task("given");
    const { create: _, ...lookup } = given.kind;
    const held = cloud.hold("find given");
    const run = fakeRun();
    const outcomes = create(run, all([{ ...given, kind: lookup }, cloud.task("a")]));
    await held.reached;
    held.release();
    expect(verdicts(await outcomes)).toEqual({ given: "failed", a: "skipped" });
    expect(cloud.calls).not.toContain("create a");
    expect(run.events).toContainEqual({ type: "skipped", task: "a", because: "given failed" });
  });

  it("refuses a replacement before it changes anything else, however late it is found", async () => {
    const cloud = new FakeCloud();
    const diff = () => [{ field: "zone", from: "a", to: "b", needsReplacement: true }];
    for (const name of ["first", "second"]) cloud.things.set(name, thing(name));
    const first = cloud.task("first");
    const second = cloud.task("second", [first], { kind: { diff } });
    const missing = cloud.task("missing");
    const run = fakeRun();
    expect(verdicts(await create(run, all([missing, first, second])))).toEqual({
      missing: "skipped",
      first: "unchanged",
      second: "failed",
    });
    expect(cloud.calls).not.toContain("create missing");
    expect(run.taken()).toBe(0);
  });

  it("does not wait with its changes for what only AWS's or its own changes can bring about", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("slow", { ...thing("slow"), state: "pending" });
    cloud.slow.set("slow", 5);
    const slow = cloud.task("slow");
    await create(fakeRun(), all([slow, cloud.task("after slow", [slow]), cloud.task("quick")]));
    const calls = cloud.calls.filter((call) => !call.startsWith("find after"));
    expect(calls.indexOf("create quick")).toBeLessThan(calls.lastIndexOf("find slow"));
    expect(calls).toContain("create after slow");
  });

  it("stops waiting when a thing is broken for good", async () => {
    const cloud = new FakeCloud();
    const run = fakeRun();
    await create(run, all([cloud.task("a", [], { kind: { broken: () => "storage-full" } })]));
    expect(run.events.at(-1)).toMatchObject({ type: "failed", error: { why: "storage-full" } });
  });

  it("says what to do about a broken thing, where its kind knows", async () => {
    const cloud = new FakeCloud();
    const run = fakeRun();
    await create(run, all([cloud.task("a", [], { kind: { broken: () => "no space", remedy: () => "make room" } })]));
    expect(run.events.at(-1)).toMatchObject({ type: "failed", error: { why: "no space", next: "make room" } });
  });

  it("does again what an earlier run left broken, and not what this run has just broken", async () => {
    const cloud = new FakeCloud();
    const broken = ({ value }: { value: string }) => (value === "bad" ? "it failed" : undefined);
    const kind = { redo: true, broken, diff: () => [], create: async () => void cloud.things.set("a", thing("good")) };
    cloud.things.set("a", thing("bad"));
    expect(verdicts(await create(fakeRun(), all([cloud.task("a", [], { kind })])))).toEqual({ a: "create" });

    cloud.things.set("b", thing("old"));
    const worse = cloud.task("b", [], { value: "bad", kind: { redo: true, broken } });
    const run = fakeRun();
    expect(verdicts(await create(run, all([worse])))).toEqual({ b: "failed" });
    expect(cloud.calls.filter((call) => /^(create|update) b/.test(call))).toEqual(["update b"]);
  });

  it("does not do again what is broken in a stage that was not asked for, and says what it is", async () => {
    const cloud = new FakeCloud();
    cloud.things.set("script", thing("script"));
    const script = cloud.task("script", [], { kind: { redo: true, broken: () => "it ended with exit code 1" } });
    const run = fakeRun();
    const outcomes = await create(run, {
      ...all([script, cloud.task("b", [script])]),
      findOnly: new Map([[script, "1"]]),
    });
    expect(cloud.calls.filter((call) => call.startsWith("create"))).toEqual([]);
    expect(verdicts(outcomes)).toMatchObject({ script: "failed" });
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: "failed", error: expect.objectContaining({ why: "it ended with exit code 1" }) }),
    );
  });

  it("does not take what it has done again for broken while AWS still shows how it was", async () => {
    const cloud = new FakeCloud();
    const broken = ({ value }: { value: string }) => (value === "bad" ? "it failed" : undefined);
    cloud.things.set("a", thing("bad"));
    let looks = 0;
    const kind = cloud.kind();
    const late = cloud.task("a", [], {
      kind: {
        redo: true,
        broken,
        diff: () => [],
        create: async () => {
          looks = 1;
        },
        find: async (aws, desired) => {
          if (looks > 0 && looks++ === 3) cloud.things.set("a", thing("good"));
          return kind.find(aws, desired);
        },
      },
    });
    const run = fakeRun();
    expect(verdicts(await create(run, all([late])))).toEqual({ a: "create" });
    expect(run.events).toContainEqual(expect.objectContaining({ reason: "made; waiting for AWS to show it" }));
  });

  it("does not wait for ever where only an id or an address in AWS's words is new", async () => {
    const cloud = new FakeCloud();
    const run = fakeRun();
    let looks = 0;
    const pending = () => {
      looks += 1;
      const id = `${looks}`.padStart(12, "0");
      return `AccessDenied by 10.0.0.${looks % 200}:443, request id: 0a1b2c3d-0000-4000-8000-${id}`;
    };
    await create(run, all([cloud.task("a", [], { kind: { pending, limits: { ready: 100 } } })]));
    expect(run.events.at(-1)).toMatchObject({
      type: "failed",
      error: { why: expect.stringMatching(/^after 10\d s /) },
    });
  });

  it("waits for an update to be seen no longer than its kind says", async () => {
    const cloud = new FakeCloud();
    const run = fakeRun();
    cloud.things.set("a", thing("old"));
    const kind = { update: async () => {}, limits: { ready: 1000, shown: 20 } };
    await create(run, all([cloud.task("a", [], { kind })]));
    expect(run.events.at(-1)).toMatchObject({ type: "failed", error: { why: expect.stringMatching(/^after 2\d s /) } });
  });

  it("says what it still waited for when its time is over", async () => {
    const cloud = new FakeCloud();
    cloud.slow.set("a", Number.POSITIVE_INFINITY);
    const run = fakeRun();
    await create(run, all([cloud.task("a", [], { kind: { limits: { ready: 60 } } })]));
    expect(run.events.at(-1)).toMatchObject({
      type: "failed",
      error: { why: expect.stringMatching(/after 6\d s .*pending/) },
    });
  });

  it("only looks for tasks of earlier stages and names what is missing", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    const run = fakeRun();
    const outcomes = await create(run, { tasks: [a, b], findOnly: new Map([[a, "1"]]), adopt: false });
    expect(verdicts(outcomes)).toEqual({ a: "failed", b: "skipped" });
    expect(outcomes.get(a)).toMatchObject({
      error: new RunStopped(
        "stage 1 is not up: a is not there",
        "Make it first: `bia-infra create --stage 1`.",
        EXIT.failed,
      ),
    });
    expect(cloud.calls.filter((call) => !call.startsWith("find"))).toEqual([]);
  });

  it("names all stages that are not up at once, with a thing of each, and nothing else", async () => {
    const cloud = new FakeCloud();
    const [a, b, c] = ["a", "b", "c"].map((name) => cloud.task(name));
    if (!a || !b || !c) throw new Error("there are three");
    const d = cloud.task("d", [a, b, c]);
    const stages = new Map([a, b, c].map((task) => [task, task === c ? "2" : "1"]));
    const outcomes = await create(fakeRun(), { tasks: [a, b, c, d], findOnly: stages, adopt: false });
    const errors = [...outcomes.values()].flatMap((one) => (one.is === "failed" ? [one.error] : []));
    expect(errors).toEqual([
      new RunStopped(
        "stages 1 and 2 are not up: a and c are not there",
        "Make them first: `bia-infra create --stage 1 --stage 2`.",
        EXIT.failed,
      ),
    ]);
    const skipped = [...outcomes.values()].flatMap((one) => (one.is === "skipped" ? [one.because] : []));
    expect(skipped).toEqual(expect.arrayContaining(["stage 1 is not up", "stage 2 is not up"]));
  });

  it("looks once at each thing of a run that has nothing to change, all at the same time", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    for (const name of ["a", "b"]) cloud.things.set(name, { value: name, tags: { stack: "ours" }, state: "ready" });
    const held = cloud.hold("find a");
    const run = fakeRun();
    const outcomes = create(run, all([a, cloud.task("b", [a])]));
    await held.reached;
    expect(cloud.calls).toEqual(["find a", "find b"]);
    held.release();
    expect(verdicts(await outcomes)).toEqual({ a: "unchanged", b: "unchanged" });
    expect(cloud.calls).toEqual(["find a", "find b"]);
    expect(run.taken()).toBe(0);
  });

  it("looks again once the lock is its own, and takes what was not there then for absent until it has made it", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const run = fakeRun();
    const take = run.lease.take.bind(run.lease);
    const foreign = { value: "b", tags: { stack: "ours" }, state: "ready" } as const;
    run.lease.take = async () => {
      cloud.calls.push("lock");
      // What its last holder made in the meantime.
      cloud.things.set("b", { ...foreign });
      await take();
    };
    expect(verdicts(await create(run, all([a, cloud.task("b", [a])])))).toEqual({ a: "create", b: "unchanged" });
    expect(cloud.calls.slice(0, 6)).toEqual(["find a", "find b", "lock", "find a", "find b", "create a"]);
  });

  it("changes nothing when something that comes much later cannot be looked at, and says which and why", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    cloud.failNext("find b", new Error("you may not look"));
    const run = fakeRun();
    const outcomes = await create(run, all([a, cloud.task("b", [a])]));
    expect(cloud.calls).toEqual(["find a", "find b"]);
    const stopped = outcomes.get(a);
    expect(stopped?.is === "failed" && stopped.error).toMatchObject({
      message: "b could not be looked at: you may not look",
      exitCode: 1,
    });
  });

  it("tells of each thing that was skipped because of it that the run was stopped, and blames none of them", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    cloud.failNext("find b", new Explained("its folder is not there", "Correct it."));
    const run = fakeRun();
    const outcomes = await create(run, all([a, b]));
    expect(outcomes.get(b)).toEqual({ is: "skipped", because: "the run was stopped" });
    const stack = { name: "s", stages: [{ name: "1", title: "1", tasks: [a, b], outputs: {}, costs: [] }] };
    const told = taskOutcomes(stack, outcomes, run.errors, false);
    expect(told.map(({ id, verdict, error }) => [id, verdict, error])).toEqual([
      ["a", "skipped", undefined],
      ["b", "skipped", undefined],
    ]);
    expect(told[0]).toMatchObject({ because: "b: its folder is not there" });
  });

  it("ends its waits at once when it is interrupted", async () => {
    const cloud = new FakeCloud();
    cloud.slow.set("a", Number.POSITIVE_INFINITY);
    const stop = new AbortController();
    const held = cloud.hold("create a");
    const run = fakeRun({ signal: stop.signal });
    const a = cloud.task("a");
    const outcomes = create(run, all([a, cloud.task("b", [a])]));
    await held.reached;
    stop.abort(new Error("interrupted"));
    held.release();
    expect(verdicts(await outcomes)).toMatchObject({ a: "failed", b: "skipped" });
    expect(run.events).toContainEqual({ type: "skipped", task: "a", because: "interrupted" });
    expect(cloud.things.has("a")).toBe(true);
  });
});
