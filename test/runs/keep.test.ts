import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/engine/event.ts";
import { fileName } from "../../src/runs/folder.ts";
import { RunKeeper } from "../../src/runs/keep.ts";
import { fileOf, listRuns, readRun } from "../../src/runs/read.ts";
import { CREATED, Recording } from "../terminal/recorded.ts";

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), "bia-runs-")), "runs");
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

const failures: string[] = [];
const keeper = () => new RunKeeper(folder, (why) => failures.push(why));

function recorded(command: string): Recording {
  return new Recording(command).started("vpc").wait(1_000).done("vpc", CREATED);
}

/** Keeps a run whole. */
function keep(command: string): RunEvent[] {
  const events = recorded(command).report();
  const kept = keeper();
  for (const event of events) kept.keep(event);
  kept.close();
  return events;
}

describe("the runs that are kept", () => {
  it("are listed, the newest first, and read as they were said", async () => {
    const first = keep("create");
    keep("destroy");
    const runs = await listRuns(folder);
    expect(runs).toMatchObject([
      { number: 2, command: "destroy", state: "ended", exitCode: 0 },
      { number: 1, command: "create", state: "ended", exitCode: 0 },
    ]);
    const events = await readRun((await fileOf(folder, 1)) ?? "");
    expect(events.slice(1)).toEqual(first);
  });

  it("are those of commands that change something", async () => {
    keep("plan");
    keep("status");
    expect(await listRuns(folder)).toEqual([]);
  });

  it("can be read by their user only", () => {
    keep("create");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(folder, fileName(1, "create"))).mode & 0o777).toBe(0o600);
  });

  it("go on while their process lives, and have broken off once it is gone", async () => {
    const kept = keeper();
    for (const event of recorded("create").events) kept.keep(event);
    expect(await listRuns(folder)).toMatchObject([{ state: "running" }]);
    kept.close();
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const file = path.join(folder, fileName(1, "create"));
    writeFileSync(file, readFileSync(file, "utf8").replace(`"pid":${process.pid}`, `"pid":${pid}`));
    expect(await listRuns(folder)).toMatchObject([{ state: "broken-off" }]);
  });

  it("are read once when they are over, by whoever lists them again and again", async () => {
    const over = new Map();
    keep("create");
    const goesOn = keeper();
    const events = recorded("destroy").report();
    for (const event of events.slice(0, -1)) goesOn.keep(event);
    expect(await listRuns(folder, over)).toMatchObject([{ state: "running" }, { state: "ended" }]);
    writeFileSync(path.join(folder, fileName(1, "create")), "");
    for (const event of events.slice(-1)) goesOn.keep(event);
    expect(await listRuns(folder, over)).toMatchObject([{ state: "ended" }, { command: "create", state: "ended" }]);
    rmSync(path.join(folder, fileName(1, "create")));
    expect(await listRuns(folder, over)).toHaveLength(1);
    goesOn.close();
  });

  it("are read as far as they are whole", async () => {
    keep("create");
    const file = path.join(folder, fileName(1, "create"));
    const whole = await readRun(file);
    appendFileSync(file, '{"type":"done","at":1');
    expect(await readRun(file)).toEqual(whole);
  });

  it("are a hundred at most: the oldest make room", async () => {
    for (let number = 1; number <= 102; number += 1) keep("create");
    const runs = await listRuns(folder);
    expect(runs).toHaveLength(100);
    expect(runs.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => 102 - index));
  });

  it("are no reason for a run to end: that one cannot be kept is said", () => {
    failures.length = 0;
    writeFileSync(path.join(path.dirname(folder), "file"), "");
    const kept = new RunKeeper(path.join(path.dirname(folder), "file", "runs"), (why) => failures.push(why));
    for (const event of recorded("create").events) kept.keep(event);
    expect(failures).toEqual([expect.stringContaining("ENOTDIR")]);
    expect(readdirSync(path.dirname(folder))).toEqual(["file"]);
  });
});
