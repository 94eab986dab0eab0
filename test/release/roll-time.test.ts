import { expect, test } from "vitest";
import type { RollSettings } from "../../src/engine/task.ts";
import { rollTime } from "../../src/release/roll-time.ts";

const USUAL = { schedule: 1, start: 20, stop: 10, register: 5 };

function settings(tasks: number, least: number, most: number): RollSettings {
  const figure = (value: number) => ({ value, course: value, variable: "some.variable" });
  const [drain, check, kill] = [figure(30), figure(15), figure(30)];
  return { tasks: figure(tasks), least: figure(least), most: figure(most), drain, check, kill };
}

test("where no task may be too many, each batch is drained and stopped before the next one starts", () => {
  const { batches, atOnce, isDownFirst, seconds } = rollTime(settings(2, 50, 100), USUAL);
  expect({ batches, atOnce, isDownFirst }).toEqual({ batches: 2, atOnce: 1, isDownFirst: true });
  expect(seconds).toBe(2 * (2 + 30 + 10 + 20 + 5 + 15) + 1);
});

test("where more tasks may run, only the last drain counts", () => {
  const { batches, isDownFirst, seconds } = rollTime(settings(4, 100, 150), USUAL);
  expect({ batches, isDownFirst }).toEqual({ batches: 2, isDownFirst: false });
  expect(seconds).toBe(2 * (1 + 20 + 5 + 15) + 1 + 30 + 10);
});

test("one task of which half has to run can never be replaced", () => {
  expect(rollTime(settings(1, 50, 100), USUAL)).toMatchObject({ batches: 0, seconds: undefined });
});

test("without a load balancer nothing is drained, registered or checked", () => {
  const { drain: _, check: __, ...rest } = settings(2, 0, 100);
  expect(rollTime(rest, USUAL).seconds).toBe(2 + 10 + 20 + 1);
});
