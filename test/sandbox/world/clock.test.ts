import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { Clock } from "../../../src/sandbox/world/clock.ts";

test("a manual clock stands still until it is moved, and things happen in order at their own time", async () => {
  const clock = new Clock({ speed: "manual", start: 0 });
  const happened: string[] = [];
  clock.after(200, () => happened.push(`second at ${clock.now().getTime()}`));
  clock.after(100, () => happened.push(`first at ${clock.now().getTime()}`));
  clock.after(301, () => happened.push("too late"));
  await clock.advance(300);
  expect(happened).toEqual(["first at 100", "second at 200"]);
  expect(clock.now().getTime()).toBe(300);
});

test("what a due thing plans itself happens in the same move, if it is due by then", async () => {
  const clock = new Clock({ speed: "manual", start: 0 });
  const happened: number[] = [];
  const again = () => {
    happened.push(clock.now().getTime());
    clock.after(100, again);
  };
  clock.after(100, again);
  await clock.advance(350);
  expect(happened).toEqual([100, 200, 300]);
});

test("what takes real time only is over before the clock moves on, and what it plans happens at its own time", async () => {
  const clock = new Clock({ speed: "manual", start: 0 });
  const happened: number[] = [];
  const note = () => happened.push(clock.now().getTime());
  const slow = () =>
    readFile(import.meta.filename).then(() => {
      note();
      clock.after(100, note);
    });
  clock.hold(slow());
  clock.after(50, () => clock.hold(slow()));
  clock.hold(Promise.reject(new Error("what fails is over, too")));
  await clock.advance(120);
  expect(happened).toEqual([0, 50, 100]);
});

test("what was cancelled does not happen", async () => {
  const clock = new Clock({ speed: "manual" });
  let happened = false;
  const timer = clock.after(10, () => {
    happened = true;
  });
  timer.cancel();
  await clock.advance(20);
  expect(happened).toBe(false);
});

test("a time that has passed is due at once", async () => {
  const clock = new Clock({ speed: "manual" });
  await new Promise<void>((resolve) => {
    clock.at(new Date(0), resolve);
    void clock.advance(0);
  });
});

test("a fast clock makes a minute of a second", async () => {
  const clock = new Clock({ speed: 60, start: 0 });
  const begun = performance.now();
  await clock.sleep(6000);
  expect(performance.now() - begun).toBeLessThan(6000);
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(6000);
});

test("a speed of nothing is refused", () => {
  expect(() => new Clock({ speed: 0 })).toThrow(RangeError);
});
