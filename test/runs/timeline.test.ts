import { describe, expect, it } from "vitest";
import { timelineOf } from "../../src/runs/timeline.ts";
import { CREATED, NOON, Recording } from "../terminal/recorded.ts";

describe("the time line of a run", () => {
  it("says when each task began and ended, and what it waited for", () => {
    const events = new Recording("create")
      .started("vpc")
      .wait(1_000)
      .done("vpc", CREATED)
      .started("instance")
      .wait(500)
      .waiting("instance", "pending")
      .wait(2_000)
      .done("instance", CREATED)
      .report();
    const timeline = timelineOf(events);
    expect(timeline?.bars).toMatchObject([
      { task: "vpc", from: 0, to: 1_000, end: "create", waits: [] },
      { task: "instance", from: 1_000, to: 3_500, waits: [{ reason: "pending", from: 1_500, to: 3_500 }] },
    ]);
    expect(timeline?.ms).toBe(3_500);
  });

  it("goes up to now for a run that goes on, and up to its last word for one that broke off", () => {
    const { events } = new Recording("create").started("vpc").wait(1_000).waiting("vpc", "pending");
    expect(timelineOf(events, NOON + 9_000)).toMatchObject({ ms: 9_000, bars: [{ to: 9_000, end: "running" }] });
    expect(timelineOf(events)).toMatchObject({ ms: 1_000, bars: [{ to: 1_000, end: "running" }] });
  });

  it("has the calls of AWS", () => {
    const { events } = new Recording("create");
    const call = {
      type: "call",
      at: NOON + 40,
      ms: 80,
      service: "ec2",
      operation: "RunInstances",
      changing: true,
    } as const;
    expect(timelineOf([...events, call])?.calls).toMatchObject([
      { from: 40, ms: 80, service: "ec2", operation: "RunInstances", changing: true },
    ]);
  });

  it("counts from the beginning of the process that its report tells, and what was called most", () => {
    const { events } = new Recording("create").started("vpc").wait(1_000).done("vpc", CREATED);
    const call = { type: "call", ms: 80, service: "ec2", changing: false } as const;
    const timeline = timelineOf([
      { ...call, at: NOON - 400, operation: "DescribeVpcs" },
      ...events,
      { ...call, at: NOON, operation: "DescribeSubnets" },
      { ...call, at: NOON, operation: "DescribeVpcs" },
      ...new Recording("create").wait(1_500).report({ ms: 2_000 }).slice(1),
    ]);
    expect(timeline).toMatchObject({ ms: 2_000, bars: [{ from: 500, to: 1_500 }], calls: [{ from: 100 }, {}, {}] });
    expect(timeline?.most).toEqual([
      { operation: "ec2:DescribeVpcs", count: 2 },
      { operation: "ec2:DescribeSubnets", count: 1 },
    ]);
  });

  it("is none where nobody said what the run is", () => {
    expect(timelineOf([])).toBeUndefined();
  });
});
