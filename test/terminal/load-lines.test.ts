import { expect, it } from "vitest";
import { type LoadNumbers, loadLine, loadSummary } from "../../src/terminal/load-lines.ts";
import { styleFor } from "../../src/terminal/style.ts";

const NUMBERS: LoadNumbers = {
  sent: 1000,
  answers: 990,
  failures: 30,
  statuses: new Map([
    [503, 20],
    [200, 970],
  ]),
  unanswered: new Map([["other side closed", 10]]),
  slowest: 1234.5,
  percentile: (percent) => percent / 10,
};

const NOTHING: LoadNumbers = {
  ...NUMBERS,
  sent: 10,
  answers: 0,
  failures: 10,
  statuses: new Map(),
  unanswered: new Map([["other side closed", 10]]),
  slowest: Number.NaN,
  percentile: () => Number.NaN,
};

const style = styleFor(false, {});

it("tells in a line how it went lately, with the reasons of failures", () => {
  expect(loadLine(65_000, NUMBERS, 5000, style)).toBe(
    "1 min 05 s  200 requests/s, 30 failed  p50 5.00 ms  p99 9.90 ms  20 × 503, 10 × other side closed",
  );
  expect(loadLine(5000, NOTHING, 5000, style)).toBe(
    "5 s  2 requests/s, 10 failed  p50 -  p99 -  10 × other side closed",
  );
});

it("sums it up, statuses in their order", () => {
  expect(loadSummary(5000, NUMBERS)).toEqual([
    ["requests", "1000 in 5.0 s, 200.0 a second"],
    ["answers", "970 × 200, 20 × 503"],
    ["no answer", "10 × other side closed"],
    ["latency", "p50 5.00 ms  p90 9.00 ms  p99 9.90 ms  p99.9 9.99 ms  slowest 1235 ms"],
    ["failed", "30"],
  ]);
  expect(loadSummary(5000, NOTHING)).toContainEqual(["answers", "none"]);
});
