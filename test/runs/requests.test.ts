import { describe, expect, it } from "vitest";
import type { Answered } from "../../src/aws/answered.ts";
import type { ServiceLives, TaskLife } from "../../src/aws/service-lives.ts";
import { byBody, byRevision, requestsOver } from "../../src/runs/requests.ts";

const SECOND = 1000;

function counted(at: number, name: string, count: number, failed = 0) {
  return { at: at * SECOND, ms: SECOND, name, count, failed };
}

describe("requests over a span of time", () => {
  it("are so many a second by who answered, the failed apart, and all of them in whole", () => {
    const rows = [counted(0, "bia:1", 10), counted(1, "bia:1", 4, 1), counted(1, "bia:2", 6), counted(2, "bia:2", 10)];
    expect(requestsOver(rows, { from: 0, to: 4 * SECOND })).toEqual({
      from: 0,
      to: 4 * SECOND,
      step: SECOND,
      courses: [
        { name: "bia:1", count: 13, rates: [10, 3, 0, 0] },
        { name: "bia:2", count: 16, rates: [0, 6, 10, 0] },
      ],
      failed: { name: "failed", count: 1, rates: [0, 1, 0, 0] },
    });
  });

  it("are those of the span alone", () => {
    const rows = [counted(0, "bia:1", 1), counted(1, "bia:1", 2), counted(2, "bia:1", 4)];
    expect(requestsOver(rows, { from: SECOND, to: 2 * SECOND }).courses).toMatchObject([{ count: 2 }]);
  });

  it("have no more steps than can be seen, and none shorter than they are counted in", () => {
    const long = requestsOver([counted(30, "bia:1", 20)], { from: 0, to: 3600 * SECOND });
    expect(long.step).toBe(20 * SECOND);
    expect(long.courses[0]?.rates.slice(0, 3)).toEqual([0, 1, 0]);
    const minutes = requestsOver([{ ...counted(60, "", 120), ms: 60_000 }], { from: 0, to: 180 * SECOND });
    expect(minutes.courses).toEqual([{ name: "", count: 120, rates: [0, 2, 0] }]);
  });

  it("are none where there were none", () => {
    const { courses, failed } = requestsOver([], { from: 0, to: 10 });
    expect([courses, failed.count]).toEqual([[], 0]);
  });
});

describe("what targets answered", () => {
  const task = (id: string, revision: string, target: string, createdAt: number) =>
    ({ id, revision, target, createdAt }) as TaskLife;
  const lives = {
    targetGroups: ["group"],
    tasks: [
      task("old", "bia:1", "i-1:80", 0),
      task("new", "bia:2", "i-1:80", 5 * SECOND),
      task("other", "bia:2", "i-2:80", 0),
    ],
  } as unknown as ServiceLives;
  const row = (at: number, target?: string): Answered => {
    return { at: at * SECOND, ms: SECOND, targetGroupArn: "group", count: 1, failed: 0, ...(target && { target }) };
  };

  it("is told by the revision of the task that had the target then", () => {
    const names = byRevision([row(1, "i-1:80"), row(8, "i-1:80"), row(1, "i-2:80")], lives).map(({ name }) => name);
    expect(names).toEqual(["bia:1", "bia:2", "bia:2"]);
  });

  it("is told by the target where no task is known, and as one where CloudWatch tells no targets apart", () => {
    expect(byRevision([row(1, "i-9:80"), row(1)], lives).map(({ name }) => name)).toEqual(["i-9:80", ""]);
  });

  it("is that of the service's own target groups", () => {
    expect(byRevision([{ ...row(1, "i-1:80"), targetGroupArn: "another" }], lives)).toEqual([]);
  });
});

it("what a probe heard is told by what was answered, and what failed", () => {
  const heard = { type: "answers", at: 5 * SECOND, ms: SECOND, bodies: { v1: 3, v2: 7 }, failed: 2 } as const;
  expect(byBody([heard, { type: "message", at: 0, level: "info", text: "" }])).toEqual([
    counted(4, "v1", 3),
    counted(4, "v2", 7),
    counted(4, "", 2, 2),
  ]);
});
