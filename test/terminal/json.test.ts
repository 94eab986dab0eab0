import { beforeEach, expect, it } from "vitest";
import { FakePipe, FakeTerminal, show, startAtNoon } from "./fake-terminal.ts";
import * as recorded from "./recorded.ts";

beforeEach(startAtNoon);

it("every event is a line of stdout as it happened, the last one the report; stderr stays empty", async () => {
  const events = new recorded.Recording("create").started("role").done("role", recorded.CREATED).report();
  const { stdout, stderr } = await show(events, { json: true, stdout: new FakePipe(), stderr: new FakePipe() });
  const lines = stdout.written.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
    type: "report",
    exitCode: 0,
    calls: { reading: 9, changing: 0 },
  });
  expect(stderr.written).toBe("");
});

it("a line break in an error stays inside its line", async () => {
  const { stdout } = await show(recorded.refusal(), { json: true, stdout: new FakePipe(), stderr: new FakePipe() });
  expect(stdout.written.trimEnd().split("\n")).toHaveLength(1);
});

it("JSON is JSON also at a terminal", async () => {
  const stdout = new FakePipe();
  const stderr = new FakeTerminal(80, 24);
  await show(new recorded.Recording("create").report(), { json: true, stdout, stderr, env: { FORCE_COLOR: "1" } });
  expect(stdout.written).not.toContain("\x1b");
  expect(stderr.written).toBe("");
});
