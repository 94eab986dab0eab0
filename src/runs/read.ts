import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Report, RunStarted } from "../engine/event.ts";
import { numberOf } from "./folder.ts";
import type { Keeping, KeptEvent, RunSummary } from "./kept.ts";
import { eventOf } from "./shape.ts";

/** Lines at the beginning of a kept run among which it says what it is: messages and calls may come before that. */
const HEAD = 50;

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
  const few = [...lines.slice(0, HEAD), ...lines.slice(HEAD).slice(-1)];
  return summarized(
    number,
    few.flatMap((line) => eventOf(line) ?? []),
  );
}

function summarized(number: number, few: readonly KeptEvent[]): RunSummary | undefined {
  const run = few.find((event): event is RunStarted => event.type === "run");
  if (!run) return undefined;
  const report = few.find((event): event is Report => event.type === "report");
  const { command, stack, target, region, at } = run;
  const base = { number, command, stack, target, region, startedAt: at };
  return { ...base, ...(report && { ms: report.ms, exitCode: report.exitCode }), state: stateOf(few) };
}

/** The file of a run; undefined: there is none of that number. */
export async function fileOf(folder: string, number: number): Promise<string | undefined> {
  const name = (await readdir(folder).catch(() => [])).find((one) => numberOf(one) === number);
  return name && path.join(folder, name);
}

/** What a run said, from a kept file or from what `--json` printed. What is no event is left out, as a last line that is not whole. */
export async function readRun(file: string): Promise<KeptEvent[]> {
  return (await readFile(file, "utf8")).split("\n").flatMap((line) => eventOf(line) ?? []);
}

/** How it stands with a run of these events. */
export function stateOf(events: readonly KeptEvent[]): RunSummary["state"] {
  if (events.some(({ type }) => type === "report")) return "ended";
  const pid = events.find((event): event is Keeping => event.type === "keeping")?.pid;
  return pid !== undefined && isRunning(pid) ? "running" : "broken-off";
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
