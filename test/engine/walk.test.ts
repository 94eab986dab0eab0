import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { criticalPath } from "../../src/engine/critical-path.ts";
import type { AnyTask } from "../../src/engine/task.ts";
import { type Outcome, type Step, walk } from "../../src/engine/walk.ts";
import { FakeCloud, type FakeTask } from "../support/fake-kind.ts";

interface Over {
  readonly concurrency?: number;
  readonly direction?: "forward" | "reverse";
  readonly now?: () => number;
}

function walkAll<Result>(
  tasks: readonly AnyTask[],
  visit: (task: AnyTask, step: Step) => Promise<Result>,
  over: Over = {},
) {
  const { signal } = new AbortController();
  const rest = { direction: "forward", concurrency: 8, now: () => 0, ...over } as const;
  return walk({ tasks, stopOnFailure: false, signal, visit, ...rest });
}

/** Random graphs: each task needs some of those before it. */
const graphs = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 }).map((shape) => {
  const cloud = new FakeCloud();
  const tasks: FakeTask[] = [];
  for (const [index, needs] of shape.entries()) {
    const chosen = new Set(index === 0 ? [] : needs.map((need) => need % index));
    tasks.push(
      cloud.task(
        `t${index}`,
        [...chosen].map((need) => tasks[need] as FakeTask),
      ),
    );
  }
  return tasks;
});

describe("walk", () => {
  it("visits every task once, after all that it mentions", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 8 }), async (tasks, concurrency) => {
        const ended: AnyTask[] = [];
        const visit = async (task: AnyTask, step: Step) => {
          await step.call(async () => setImmediate(() => {}));
          expect(ended).toEqual(expect.arrayContaining(needsOf(task)));
          ended.push(task);
        };
        const outcomes = await walkAll(tasks, visit, { concurrency });
        for (const outcome of outcomes.values()) expect(outcome).toMatchObject({ is: "done" });
        expect(new Set(ended).size).toBe(tasks.length);
        expect(ended).toHaveLength(tasks.length);
      }),
      { numRuns: 50 },
    );
  });

  it("turns every arrow round when it takes things down", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (tasks) => {
        const ended: AnyTask[] = [];
        await walkAll(tasks, async (task) => void ended.push(task), { direction: "reverse" });
        for (const task of tasks) {
          for (const need of needsOf(task)) expect(ended.indexOf(task)).toBeLessThan(ended.indexOf(need));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("never has more calls under way than it may", async () => {
    const cloud = new FakeCloud();
    const tasks = Array.from({ length: 10 }, (_, index) => cloud.task(`t${index}`));
    let under = 0;
    let most = 0;
    const call = async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
    };
    await walkAll(tasks, (_, step) => step.call(call), { concurrency: 3 });
    expect(most).toBe(3);
  });

  it("starts the longest path first", async () => {
    const cloud = new FakeCloud();
    const short = cloud.task("short");
    const database = cloud.task("database", [], { kind: { limits: { usually: 400 } } });
    const order: string[] = [];
    const visit = (task: AnyTask, step: Step) => step.call(async () => void order.push(task.id));
    await walkAll([short, database], visit, { concurrency: 1 });
    expect(order).toEqual(["database", "short"]);
  });

  it("holds back what depends on a failure and names it", async () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const b = cloud.task("b", [a]);
    const c = cloud.task("c", [b]);
    const outcomes = await walkAll([a, b, c], async (task) => {
      if (task === a) throw new Error("no");
    });
    expect(outcomes.get(b)).toEqual({ is: "skipped", because: "a failed" });
    expect(outcomes.get(c)).toEqual({ is: "skipped", because: "a failed" });
  });
});

describe("the critical path", () => {
  const took = (started: number, existed: number, ended: number, queued = 0): Outcome<unknown> => {
    return { is: "done", result: undefined, started, existed, ended, queued };
  };

  it("is the longest chain of own times, with early edges cut at existence and queueing left out", () => {
    const cloud = new FakeCloud();
    const a = cloud.task("a");
    const early = cloud.task("early", [a], { early: true });
    const late = cloud.task("late", [a]);
    const outcomes = new Map<AnyTask, Outcome<unknown>>([
      [a, took(0, 10, 100)],
      [early, took(10, 90, 90)],
      [late, took(100, 150, 150, 20)],
    ]);
    expect(criticalPath(outcomes)).toEqual({ tasks: [a, late], ms: 130 });
  });
});

function needsOf(task: AnyTask): AnyTask[] {
  return (task.desired.needs as { task: AnyTask }[]).map((ref) => ref.task);
}
