import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { logLine } from "../../src/terminal/log-line.ts";
import { styleFor } from "../../src/terminal/style.ts";

const line = { time: Date.UTC(2026, 10, 29), task: "0123456789abcdef0123456789abcdef", message: "GET /api/versao\n" };
const TEXT = "2026-11-29T00:00:00.000Z 01234567 GET /api/versao";

it("is plain where nobody looks, and has the same words in colours at a terminal", () => {
  expect(logLine(line, styleFor(false, {}))).toBe(TEXT);
  const colored = logLine(line, styleFor(true, { TERM: "xterm-256color" }));
  expect(colored).not.toBe(TEXT);
  expect(stripVTControlCharacters(colored)).toBe(TEXT);
});

it("gives a task the same colour each time, and not all tasks one", () => {
  const style = styleFor(true, { TERM: "xterm-256color" });
  const starts = [..."0123456789"].map(
    (digit) => logLine({ ...line, task: digit.repeat(32) }, style).split(digit.repeat(8))[0],
  );
  expect(new Set(starts).size).toBeGreaterThan(1);
  expect(logLine(line, style)).toBe(logLine(line, style));
});
