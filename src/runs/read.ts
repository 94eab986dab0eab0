import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Report, RunStarted } from "../engine/event.ts";
import { numberOf } from "./folder.ts";
import type { Keeping, KeptEvent, RunSummary } from "./kept.ts";

/**
 * The runs of a folder, newest first. Files that are no runs are left out.
 *
 * @param over summaries, by file name, of runs that go on no more: kept for the next look, which does not read these files again
 */
export async function listRuns(folder: string, over = new Map<string, RunSummary>()): Promise<RunSummary[]> {
  const names = await readdir(folder).catch(() => []);
  const runs = await Promise.all(names.map(async (name) => over.get(name) ?? (await summaryOf(folder, name))));
  over.clear();
  for (const [index, name] of names.entries()) {
    const run = runs[index];
    if (run && run.state !== "running") over.set(name, run);
  }
  return runs.filter((run) => run !== undefined).sort((a, b) => b.number - a.number);
}

async function summaryOf(folder: string, name: string): Promise<RunSummary | undefined> {
  const number = numberOf(name);
  if (number === undefined) return undefined;
  // One that another run has just deleted is none.
  const lines = (await readFile(path.join(folder, name), "utf8").catch(() => "")).split("\n").filter((line) => line);
  return summarized(number, [...events(lines.slice(0, 8)), ...events(lines.slice(8).slice(-1))]);
}

function summarized(number: number, few: readonly KeptEvent[]): RunSummary | undefined {
  const run = few.find((event): event is RunStarted => event.type === "run");
  if (!run) return undefined;
  const report = few.find((event): event is Report => event.type === "report");
  const { command, stack, target, region, at } = run;
  const base = { number, command, stack, target, region, startedAt: at };
  if (report) return { ...base, ms: report.ms, exitCode: report.exitCode, state: "ended" };
  const pid = few.find((event): event is Keeping => event.type === "keeping")?.pid;
  return { ...base, state: pid !== undefined && isRunning(pid) ? "running" : "broken-off" };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The file of a run; undefined: there is none of that number. */
export async function fileOf(folder: string, number: number): Promise<string | undefined> {
  const name = (await readdir(folder).catch(() => [])).find((one) => numberOf(one) === number);
  return name && path.join(folder, name);
}

/** What a run said, from a kept file or from what `--json` printed. A last line that is not whole is left out. */
export async function readRun(file: string): Promise<KeptEvent[]> {
  return [...events((await readFile(file, "utf8")).split("\n"))];
}

/** The events of lines; what is none is left out. */
export function* events(lines: readonly string[]): Generator<KeptEvent> {
  for (const line of lines) {
    try {
      const event = JSON.parse(line) as KeptEvent;
      if (typeof event?.type === "string" && typeof event.at === "number") yield event;
    } catch {
      // Cut off in the middle, or still being written.
    }
  }
}
