import { describe, expect, it } from "vitest";
import { pauseAfter, pauseWatched } from "../../src/engine/pauses.ts";

const POLL = [0.2, 5] as const;

/** The times at which something that is ready after `seconds` is looked at, the last one being that which finds it so. */
function looksUntil(seconds: number, usually: number | undefined, poll: readonly [number, number] = POLL): number[] {
  const looks = [0];
  for (let now = 0; now < seconds; looks.push(now)) now += pauseAfter(now, usually, poll);
  return looks;
}

describe("a pause", () => {
  it("is a tenth of the time already waited where nobody knows how long it takes, so that no wait is overshot by more", () => {
    for (const seconds of [1, 3, 10, 40])
      expect(looksUntil(seconds, undefined).at(-1)).toBeLessThan(seconds * 1.1 + 0.2);
    expect(pauseAfter(600, undefined, POLL)).toBe(5);
    expect(pauseAfter(0, undefined, POLL)).toBe(0.2);
  });

  it.each([
    ["a database", 300, 282],
    ["a load balancer", 120, 125],
    ["an instance", 30, 21],
  ])("makes few looks at %s before its usual end and is at most 3 per cent late", (_, usually, seconds) => {
    const looks = looksUntil(seconds, usually, [0.2, 15]);
    expect(looks.length).toBeLessThan(35);
    expect((looks.at(-1) ?? 0) - seconds).toBeLessThan(Math.max(0.03 * usually, 0.8));
  });

  it("does not let what is much quicker than usual wait longer than half as long again, or a thirtieth of the usual time", () => {
    for (const seconds of [20, 40, 60]) expect(looksUntil(seconds, 300).at(-1)).toBeLessThanOrEqual(seconds * 1.5);
    expect(looksUntil(4, 300).at(-1)).toBe(10);
  });

  it("does not look on closely for ever at what takes much longer than usual", () => {
    expect(pauseAfter(1000, 100, [0.2, 15])).toBe(15);
  });

  it("is long where the run ends no sooner for a thing that is seen sooner, and never as long as that would bear", () => {
    expect(pauseAfter(100, 120, POLL, 120)).toBe(10);
    expect(pauseAfter(100, 120, POLL, 1000)).toBe(30);
    expect(pauseAfter(100, 120, POLL, 0)).toBe(3);
  });

  it("lets what a person follows be seen soon, in proportion to what it takes, and seldom where nobody waits for it", () => {
    expect(pauseWatched(0, undefined, [0.7, 5])).toBe(0.7);
    expect(pauseWatched(0, 120, [0.7, 5])).toBe(3);
    expect(pauseWatched(20, 120, [0.7, 5])).toBe(4);
    expect(pauseWatched(0, 20, [0.7, 5], 36)).toBe(3);
    expect(pauseWatched(100, 120, [0.7, 5], 400)).toBe(5);
  });
});
