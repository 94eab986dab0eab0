import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepPace } from "../../src/load/pace.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

describe("a steady pace", () => {
  it("begins evenly, as often as it is asked for", async () => {
    const begun: number[] = [];
    const start = performance.now();
    const over = keepPace({ rate: 100, count: 5 }, () => begun.push(performance.now() - start));
    await vi.advanceTimersByTimeAsync(100);
    await over;
    expect(begun).toEqual([0, 10, 20, 30, 40]);
  });

  it("begins late what could not begin in time, and counts its delay", async () => {
    const waiting: [since: number, begun: number][] = [];
    const start = performance.now();
    const over = keepPace({ rate: 1000, count: 41 }, (since) => {
      const begun = performance.now() - start;
      waiting.push([since - start, begun]);
      // What this process does meanwhile.
      if (begun === 1) vi.advanceTimersByTime(30);
    });
    await vi.advanceTimersByTimeAsync(100);
    await over;
    expect(waiting.length).toBe(41);
    expect(waiting[10]).toEqual([10, 31]);
    expect(waiting[40]).toEqual([40, 40]);
  });

  it("does not begin all at once what a computer missed that stood still", async () => {
    const begun: number[] = [];
    const start = performance.now();
    const over = keepPace({ rate: 100, count: 4 }, () => {
      begun.push(performance.now() - start);
      if (begun.length === 2) vi.advanceTimersByTime(5000);
    });
    await vi.advanceTimersByTimeAsync(100);
    await over;
    expect(begun).toEqual([0, 10, 5010, 5020]);
  });

  it("ends before its time when it is told to", async () => {
    const end = new AbortController();
    let begun = 0;
    const over = keepPace({ rate: 100, count: 100 }, () => void begun++, end.signal);
    await vi.advanceTimersByTimeAsync(25);
    end.abort();
    await over;
    expect(begun).toBe(3);
  });
});
