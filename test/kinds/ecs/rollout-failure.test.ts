import { describe, expect, it } from "vitest";
import type { FailedTask } from "../../../src/kinds/ecs/failed-tasks.ts";
import { failureOf } from "../../../src/kinds/ecs/rollout-failure.ts";
import type { RolloutDeployment } from "../../../src/kinds/ecs/rollout-reads.ts";
import type { RolloutTo } from "../../../src/kinds/ecs/rollout-state.ts";

const OLD = "arn:aws:ecs:us-east-1:000000000000:task-definition/bia:1";
const NEW = "arn:aws:ecs:us-east-1:000000000000:task-definition/bia:2";
const at = (seconds: number) => new Date(1_000_000 + seconds * 1000);

function deployment(of: Partial<RolloutDeployment> & Pick<RolloutDeployment, "id" | "revision">): RolloutDeployment {
  return { state: "IN_PROGRESS", reason: undefined, createdAt: at(100), running: 1, pending: 0, wanted: 1, ...of };
}

function failed(id: string, of: Partial<FailedTask> = {}): FailedTask {
  return { id, deployment: "new", revision: NEW, createdAt: at(110), why: "it exited with 3", printed: [], ...of };
}

/** A service on its way from OLD to NEW. */
function onItsWay(of: Partial<RolloutTo> = {}): RolloutTo {
  return {
    wanted: NEW,
    until: "deployed",
    revision: NEW,
    primary: deployment({ id: "new", revision: NEW }),
    former: [deployment({ id: "old", revision: OLD, state: "COMPLETED", createdAt: at(0) })],
    desiredCount: 2,
    goesBack: false,
    fargate: undefined,
    targets: undefined,
    unplaced: undefined,
    times: { placed: undefined, started: undefined, drained: undefined },
    failures: [],
    takenBack: undefined,
    events: [],
    tags: {},
    ...of,
  };
}

describe("the watch over a roll", () => {
  it("waits after one task that ended badly, and gives up after the second, with what it printed", () => {
    expect(failureOf(onItsWay({ failures: [failed("task1")] }))).toBeUndefined();
    const failures = [failed("task2", { printed: ["Error: no DB_HOST"] }), failed("task1")];
    expect(failureOf(onItsWay({ failures }))?.split("\n")).toEqual([
      "2 of its tasks ended badly",
      "| Error: no DB_HOST",
      "task task2, task task1: it exited with 3",
    ]);
  });

  it("does not count what a deployment had lost before a rollback made it primary again", () => {
    const primary = deployment({ id: "old", revision: OLD, createdAt: at(0) });
    const former = [deployment({ id: "new", revision: NEW, state: "FAILED", wanted: 0 })];
    const back = onItsWay({ wanted: OLD, revision: OLD, primary, former });
    const lost = { deployment: "old", revision: OLD };
    const before = [failed("task1", { ...lost, createdAt: at(50) }), failed("task2", { ...lost, createdAt: at(60) })];
    expect(failureOf({ ...back, failures: before })).toBeUndefined();
    const since = [failed("task3", { ...lost, createdAt: at(120) }), failed("task4", { ...lost, createdAt: at(130) })];
    expect(failureOf({ ...back, failures: [...since, ...before] })).toContain("2 of its tasks ended badly");
  });

  it("takes a version that serves for what it is, whatever there was on the way", () => {
    const serving = onItsWay({
      primary: deployment({ id: "new", revision: NEW, running: 2, wanted: 2 }),
      former: [],
      failures: [failed("task1"), failed("task2")],
    });
    expect(failureOf(serving)).toBeUndefined();
  });

  it("gives up at once where no machine is large enough, and waits where one is only full", () => {
    const unplaced = { why: "was unable to place a task", next: "Let it take less.", isHopeless: true };
    expect(failureOf(onItsWay({ unplaced }))).toContain("was unable to place a task");
    expect(failureOf(onItsWay({ unplaced: { ...unplaced, isHopeless: false } }))).toBeUndefined();
  });

  it("sees that AWS went back by itself", () => {
    const primary = deployment({ id: "old", revision: OLD });
    const former = [deployment({ id: "new", revision: NEW, state: "FAILED", reason: "tasks failed to start." })];
    expect(failureOf(onItsWay({ revision: OLD, primary, former }))).toBe("tasks failed to start.");
    const gone = onItsWay({ revision: OLD, primary, former: [], failures: [failed("task1"), failed("task2")] });
    expect(failureOf(gone)).toContain("AWS has gone back to the revision before");
  });
});
