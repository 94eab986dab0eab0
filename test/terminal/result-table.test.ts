import { expect, it } from "vitest";
import { resultTable } from "../../src/terminal/result-table.ts";
import { styleFor } from "../../src/terminal/style.ts";
import { widthOf } from "../../src/terminal/text.ts";

const style = styleFor(false, { NO_COLOR: "1" });

it("what a query has found stands in columns, numbers to the right, on one harmless line each", () => {
  const rows = [
    { name: "ui", cpu: "12.5", message: "one\ttwo\u001b[2J" },
    { name: "assets", cpu: "3" },
  ];
  expect(resultTable(["name", "cpu", "message"], rows, style)).toEqual([
    "name     cpu  message",
    "ui      12.5  one two",
    "assets     3",
  ]);
});

it("the widest cells are cut to what the terminal has room for, the others stay whole", () => {
  const rows = [{ task: "12345678", message: "x".repeat(200), path: "y".repeat(30) }];
  const [, line = ""] = resultTable(["task", "message", "path"], rows, style, 60);
  expect(widthOf(line)).toBeLessThanOrEqual(60);
  expect(line).toMatch(/^12345678 {2}x+…\s+y+…?$/);
});
