import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseLiveView, type Shown } from "../../src/terminal/live-view.ts";
import { FakePipe, FakeTerminal, startAtNoon } from "./fake-terminal.ts";

const TASK = "1234567890abcdef1234567890abcdef";
const service: Shown = { part: "service", id: "service-bia-alb", state: "ACTIVE", detail: "1 of 2 running, 1 pending" };
const task: Shown = { part: "task", id: TASK, state: "PENDING", detail: "task-def-bia-alb:3, us-east-1a" };
const event: Shown = { part: "event", id: "e-1", state: "12:00:00", detail: "(service bia) has started 1 tasks" };

let end: () => void;
beforeEach(() => {
  end = startAtNoon();
});
afterEach(() => end());

/** What a pipe gets of these looks. */
function piped(json: boolean, ...looks: Shown[][]): string[] {
  const stdout = new FakePipe();
  const view = chooseLiveView({ json, stdout, env: {} });
  for (const rows of looks) view.show(rows);
  view.close();
  return stdout.written.trimEnd().split("\n");
}

describe("how things are, again and again", () => {
  it("is a table at a terminal that is redrawn in place, with the cursor given back at the end", async () => {
    const terminal = new FakeTerminal(80, 12);
    const view = chooseLiveView({ stdout: terminal, env: { LANG: "C.UTF-8" } });
    view.show([service, task, event]);
    expect(terminal.cursorIsShown).toBe(false);
    view.show([service, { ...task, state: "RUNNING" }, event]);
    view.close();
    const text = await terminal.text();
    expect(text.split("\n").map((line) => line.replace(/ +/g, " "))).toEqual([
      "service service-bia-alb ACTIVE 1 of 2 running, 1 pending",
      "task 12345678 RUNNING task-def-bia-alb:3, us-east-1a",
      "event 12:00:00 (service bia) has started 1 tasks",
      expect.stringMatching(/^\d\d:\d\d:\d\d UTC · Ctrl-C ends it$/),
    ]);
    expect(terminal.cursorIsShown).toBe(true);
  });

  it("is never more than the terminal has lines", async () => {
    const terminal = new FakeTerminal(60, 8);
    const view = chooseLiveView({ stdout: terminal, env: { LANG: "C.UTF-8" } });
    const tasks = Array.from({ length: 20 }, (_, index) => ({ ...task, id: `${index}`.padStart(8, "0") }));
    for (let look = 0; look < 3; look++) view.show([service, ...tasks]);
    view.close();
    const text = (await terminal.text()).split("\n");
    expect(text).toHaveLength(6);
    expect(text.at(-2)).toBe("… 17 more");
  });

  it("has a chart above it of what has a course: a bar a minute, one beyond its limit in another colour", async () => {
    const requests = { name: "RequestCountPerTarget", values: [undefined, 0, 750, 1500, 3000], limit: 1500 };
    const courses = [
      { ...requests, now: "3000, target 1500" },
      { name: "tasks", values: [2, 2, 2, 4, 8], now: "8 running of 8" },
    ];
    const drawn = async (env: Record<string, string>) => {
      const terminal = new FakeTerminal(80, 8);
      const view = chooseLiveView({ stdout: terminal, env });
      view.show([service, task, event], courses);
      view.close();
      return { lines: (await terminal.text()).split("\n"), written: terminal.written };
    };
    const { lines, written } = await drawn({ LANG: "C.UTF-8" });
    expect(lines.slice(0, 3)).toEqual([
      "RequestCountPerTarget   ▁▃▅█  3000, target 1500",
      "tasks                  ▃▃▃▅█  8 running of 8",
      "",
    ]);
    // The table below gives way.
    expect(lines.slice(3).map((line) => line.split(" ")[0])).toEqual(["service", "…", "12:00:00"]);
    expect(written).toContain("\u001b[33m█");
    expect((await drawn({ LANG: "C" })).lines[0]).toBe("RequestCountPerTarget   _:=#  3000, target 1500");
  });

  it("is a line for each change in a pipe; an event that is not among the newest any more is none", () => {
    const lines = piped(false, [service, task, event], [service, { ...task, state: "RUNNING" }], [service]);
    expect(lines.map((line) => line.slice(25))).toEqual([
      "service service-bia-alb ACTIVE: 1 of 2 running, 1 pending",
      "task 12345678 PENDING: task-def-bia-alb:3, us-east-1a",
      "event 12:00:00: (service bia) has started 1 tasks",
      "task 12345678 RUNNING: task-def-bia-alb:3, us-east-1a",
      "task 12345678 gone",
    ]);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /);
  });

  it("is an event for each change for a program", () => {
    const events = piped(true, [task], [task], []).map((line) => JSON.parse(line));
    expect(events).toEqual([
      { type: "live", at: Date.now(), ...task },
      { type: "live", at: Date.now(), ...task, gone: true },
    ]);
  });

  it("shows text from elsewhere without what would move the cursor", () => {
    const [line] = piped(false, [{ ...event, detail: "\u001b[2Jclear\nand more" }]);
    expect(line?.slice(25)).toBe("event 12:00:00: clear and more");
  });
});
