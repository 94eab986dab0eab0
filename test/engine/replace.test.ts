import { describe, expect, it } from "vitest";
import { create } from "../../src/engine/create.ts";
import { destroy } from "../../src/engine/destroy.ts";
import { asDoomed, markReplaced, observeAll, replacementsIn, withReplacements } from "../../src/engine/replace.ts";
import { type Stack, task } from "../../src/engine/task.ts";
import { FakeCloud, type FakeTask, fakeRun } from "../support/fake-kind.ts";

const stackOf = (...tasks: FakeTask[]): Stack => ({
  name: "fake",
  stages: [{ name: "1", title: "1", tasks, outputs: {}, costs: [] }],
});

/** A field that AWS cannot change. */
const immutable = {
  diff: (desired: { value: string }, actual: { value: string }) =>
    desired.value === actual.value
      ? []
      : [{ field: "value", from: actual.value, to: desired.value, needsReplacement: true }],
};

/** `group` has changed; `machine` mentions it, `script` what is on the machine; `profile` outlives it; `other` has no part. */
function changedGroup(cloud: FakeCloud, extra: Parameters<FakeCloud["kind"]>[0] = {}) {
  const names = ["group", "machine", "profile", "other"];
  for (const name of names) cloud.things.set(name, { value: name, tags: { stack: "ours" }, state: "ready" });
  const group = cloud.task("group", [], { value: "new group", kind: { ...immutable, ...extra } });
  const machine = cloud.task("machine", [group], { kind: { holds: "its disk" } });
  const profile = cloud.task("profile", [group], { kind: { outlives: ["fake.thing"] } });
  const absent = cloud.task("absent", [machine]);
  const other = cloud.task("other");
  return { group, machine, profile, absent, other, stack: stackOf(group, machine, profile, absent, other) };
}

describe("a change that AWS cannot make in place", () => {
  it("takes with it what is there and mentions the thing, and nothing else", async () => {
    const cloud = new FakeCloud();
    const { stack, group, machine } = changedGroup(cloud);
    const run = fakeRun();
    const found = replacementsIn(run, stack, await observeAll(run, stack));
    expect(found.map(({ task, takes }) => [task.id, takes.map(({ id }) => id)])).toEqual([[group.id, [machine.id]]]);
    expect(found[0]?.changes).toMatchObject([{ field: "value", from: "group", to: "new group" }]);
    expect(cloud.calls.every((call) => call.startsWith("find"))).toBe(true);
  });

  it("takes nothing that mentions other things only", async () => {
    const cloud = new FakeCloud();
    for (const name of ["group", "disk", "machine"])
      cloud.things.set(name, { value: name, tags: { stack: "ours" }, state: "ready" });
    const group = cloud.task("group", [], { value: "new", kind: immutable });
    const disk = cloud.task("disk");
    const stack = stackOf(group, disk, cloud.task("machine", [disk]));
    const run = fakeRun();
    const found = replacementsIn(run, stack, await observeAll(run, stack));
    expect(found.map(({ task, takes }) => [task.id, takes])).toEqual([["group", []]]);
  });

  it("takes through what leaves nothing to delete, and never what is not ours", async () => {
    const cloud = new FakeCloud();
    for (const name of ["group", "disk", "foreign"])
      cloud.things.set(name, { value: name, tags: { stack: name === "foreign" ? "theirs" : "ours" }, state: "ready" });
    const group = cloud.task("group", [], { value: "new", kind: immutable });
    const { remove: _, ...kind } = cloud.kind();
    const script = task("script", "script", kind, { name: "script", value: "script", needs: [group.out(() => "")] });
    const stack = stackOf(group, script, cloud.task("disk", [script]), cloud.task("foreign", [group]));
    const run = fakeRun();
    const found = replacementsIn(run, stack, await observeAll(run, stack));
    expect(found[0]?.takes.map(({ id }) => id)).toEqual(["disk"]);
  });

  it("is planned as a replacement, with what it takes, what is lost and how to allow it", async () => {
    const cloud = new FakeCloud();
    const { stack, group, machine, profile } = changedGroup(cloud);
    const run = fakeRun();
    const observed = await observeAll(run, stack);
    const found = replacementsIn(run, stack, observed);
    const wordsOf = (allowed: string[]) => {
      const planned = withReplacements(observed, found, new Set(allowed));
      return [group, machine, profile].map((task) => {
        const outcome = planned.get(task);
        const verdict = outcome?.is === "done" ? outcome.result.verdict : undefined;
        return verdict?.is === "replace" ? verdict.words : verdict?.is;
      });
    };
    const takes = "takes with it machine, and its disk";
    expect(wordsOf([])).toEqual([[takes, "create refuses this without --replace group"], "unchanged", "unchanged"]);
    expect(wordsOf(["group"])).toEqual([[takes], ["goes with group, and its disk"], "unchanged"]);
  });

  it("is made by deleting what needs the thing, then the thing, and making both anew", async () => {
    const cloud = new FakeCloud();
    const { stack, group, machine } = changedGroup(cloud);
    const tasks = stack.stages.flatMap((stage) => stage.tasks);
    const run = fakeRun();
    const observed = await observeAll(run, stack);
    const found = replacementsIn(run, stack, observed);
    await destroy(run, asDoomed(found, observed));
    const outcomes = await create(run, { tasks, findOnly: new Map(), adopt: false });
    markReplaced(outcomes, found);
    expect(cloud.calls.filter((call) => !call.startsWith("find"))).toEqual([
      "remove machine",
      "remove group",
      "create group",
      "create machine",
      "create absent",
    ]);
    expect(cloud.things.get("group")?.value).toBe("new group");
    const verdicts = [group, machine].map((task) => {
      const outcome = outcomes.get(task);
      return outcome?.is === "done" && outcome.result.verdict.is;
    });
    expect(verdicts).toEqual(["replace", "replace"]);
  });

  it("is told and left where it holds for a new thing only, until a person lets that be made", async () => {
    const cloud = new FakeCloud();
    const left = "read at its first start";
    const diff: typeof immutable.diff = (desired, actual) =>
      immutable.diff(desired, actual).map((one) => ({ ...one, left }));
    const { stack, group } = changedGroup(cloud, { diff });
    const tasks = stack.stages.flatMap((stage) => stage.tasks);
    const run = fakeRun();
    const observed = await observeAll(run, stack);
    const change = { field: "value", from: "group", to: "new group", left };
    expect(observed.get(group)).toMatchObject({ result: { verdict: { is: "unchanged" }, left: [change] } });
    expect(replacementsIn(run, stack, observed)).toEqual([]);
    const created = await create(run, { tasks, findOnly: new Map(), adopt: false });
    expect(created.get(group)).toMatchObject({ result: { verdict: { is: "unchanged" }, left: [change] } });
    expect(cloud.calls).not.toContain("update group");
    expect(replacementsIn(run, stack, observed, new Set(["group"]))).toMatchObject([{ changes: [change] }]);
  });
});
