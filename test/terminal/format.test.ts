import { expect, it } from "vitest";
import { duration } from "../../src/terminal/duration.ts";
import { bytes, change, elapsed, price, wholeDuration } from "../../src/terminal/format.ts";

it.each([
  [0, "0 ms"],
  [42, "42 ms"],
  [99.6, "0.1 s"],
  [420, "0.4 s"],
  [9_949, "9.9 s"],
  [9_950, "10 s"],
  [42_300, "42 s"],
  [59_500, "1 min 00 s"],
  [125_000, "2 min 05 s"],
  [3_599_600, "1 h 00 min"],
  [3_725_000, "1 h 02 min"],
])("%d ms is said as %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

it.each([
  [1, "1 byte"],
  [999, "999 bytes"],
  [1_234, "1.2 kB"],
  [94_600_000, "95 MB"],
])("%d bytes are said as %s", (count, words) => {
  expect(bytes(count)).toBe(words);
});

it("a growing duration has no fractions, and is silent in its first second", () => {
  expect([900, 1_000, 1_990, 61_000].map(elapsed)).toEqual(["", "1 s", "1 s", "1 min 01 s"]);
});

it("a rule of thumb has no fractions", () => {
  expect([8_000, 30_000, 300_000].map(wholeDuration)).toEqual(["8 s", "30 s", "5 min 00 s"]);
});

it("a price is by the hour and by AWS's month of 730 hours", () => {
  expect(price(0.0104)).toBe("$0.0104 per hour, $7.59 per month");
});

it("a change says what is there and what is wanted, either of which may be nothing", () => {
  expect(change({ field: "instanceType", from: "t3.micro", to: "t3.small" })).toBe(
    "instanceType: t3.micro -> t3.small",
  );
  expect(change({ field: "ingress", to: "allowed" })).toBe("ingress: none -> allowed");
  expect(change({ field: "ingress", from: "allowed" })).toBe("ingress: allowed -> none");
});
