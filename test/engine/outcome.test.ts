import { describe, expect, it } from "vitest";
import { exitCodeOf, taskOutcomes } from "../../src/engine/outcome.ts";
import type { Stack } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import { FakeCloud, FakeError, type FakeTask, fakeRun } from "../support/fake-kind.ts";

const times = { started: 0, existed: 0, ended: 5, queued: 0 };

describe("what a run tells of its tasks", () => {
  const cloud = new FakeCloud();
  const [a, b] = [cloud.task("a"), cloud.task("b")];
  const stageOf = (name: string, task: FakeTask) => ({ name, title: name, tasks: [task], outputs: {}, costs: [] });
  const stack: Stack = { name: "s", stages: [stageOf("1", a), stageOf("2-3", b)] };
  const { errors } = fakeRun();

  it("names the stage of each", () => {
    const done = { is: "done", result: { verdict: { is: "create" } }, ...times } as const;
    const told = taskOutcomes(
      stack,
      new Map([
        [a, done],
        [b, done],
      ]),
      errors,
      false,
    );
    expect(told.map(({ id, stage }) => [id, stage])).toEqual([
      ["a", "1"],
      ["b", "2-3"],
    ]);
  });

  it("ends with 1 where one has failed, with 4 where nobody was let in, and with 0 where all is well", () => {
    const failed = (error: Error): Outcome<unknown> => ({ is: "failed", error, ...times });
    const codeOf = (outcome: Outcome<unknown>) => exitCodeOf(new Map([[a, outcome]]), errors, false);
    expect(codeOf(failed(new Error("no")))).toBe(1);
    expect(codeOf(failed(new FakeError("credentials")))).toBe(4);
    expect(codeOf({ is: "done", result: undefined, ...times })).toBe(0);
  });
});
