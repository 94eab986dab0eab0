import { readFile, stat, writeFile } from "node:fs/promises";
import { pageFile } from "../console/pages.ts";
import { EXIT } from "../engine/outcome.ts";
import { runsFolder } from "../runs/folder.ts";
import type { KeptEvent, RunSummary } from "../runs/kept.ts";
import { isRunPage, runPage } from "../runs/page.ts";
import { fileOf, listRuns, readRun, stateOf } from "../runs/read.ts";
import { timelineOf } from "../runs/timeline.ts";
import { table } from "../terminal/columns.ts";
import { duration } from "../terminal/duration.ts";

import { styleFor } from "../terminal/style.ts";
import { timelineLines } from "../terminal/timeline.ts";
import { withCommands } from "./self.ts";

/** Options of `bia-infra runs`. */
export interface RunsOptions {
  readonly json?: boolean;
}

/** Lists the runs of this user that changed something, newest first. Answers the exit code. */
export async function runsCommand({ json = false }: RunsOptions): Promise<number> {
  const runs = await listRuns(runsFolder());
  if (json) process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
  else if (runs.length === 0)
    process.stderr.write(
      withCommands("No run is kept yet: `bia-infra create`, destroy and deploy-version leave one.\n"),
    );
  else for (const line of table([HEADINGS, ...runs.map(row)])) process.stdout.write(`${line}\n`);
  return EXIT.done;
}

const HEADINGS = ["run", "command", "stack", "target", "region", "started", "took", "end"];

function row({ number, command, stack, target, region, startedAt, ms, exitCode, state }: RunSummary): string[] {
  const end = state === "ended" ? (exitCode === 0 ? "ok" : `exit ${exitCode}`) : state.replace("-", " ");
  const started = new Date(startedAt).toLocaleString("sv");
  return [String(number), command, stack, target, region, started, ms === undefined ? "" : duration(ms), end];
}

/** Options of `bia-infra runs show`. */
export interface ShowRunOptions {
  /** Print what the run said, as NDJSON. */
  readonly json?: boolean;
  /** File that a page with the time line is written to. */
  readonly html?: string;
}

/**
 * Shows a run as a time line. Answers the exit code: 2 where there is no such run.
 *
 * @param which a run's number, or a file that `--json` was written to
 */
export async function showRunCommand(which: string, { json = false, html }: ShowRunOptions): Promise<number> {
  const file = /^\d+$/.test(which) ? await fileOf(runsFolder(), Number(which)) : which;
  if (file === undefined) return refuse(`There is no run ${which}. See \`bia-infra runs\`.`);
  const events = await readRun(file).catch((error: Error) => error);
  if (events instanceof Error) return refuse(`${file} cannot be read: ${events.message}`);
  const now = stateOf(events) === "running" ? Date.now() : undefined;
  const timeline = timelineOf(events, now);
  if (!timeline) return refuse(`${file} is no run: it has no event of type "run", with which \`--json\` begins.`);
  if (html !== undefined) return writePage(html, events, now);
  if (json) process.stdout.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  else {
    const style = styleFor(process.stdout.isTTY === true, process.env);
    const lines = timelineLines(timeline, style, process.stdout.columns ?? 100);
    process.stdout.write(`${lines.map((line) => line.trimEnd()).join("\n")}\n`);
  }
  return EXIT.done;
}

async function writePage(file: string, events: readonly KeptEvent[], now: number | undefined): Promise<number> {
  if (await holdsSomethingElse(file))
    return refuse(
      `${file} is there and is no page of a run: nothing was written. Name another file, or delete it first.`,
    );
  const [script, style] = await Promise.all([pageFile("run.js"), pageFile("run.css")]);
  try {
    await writeFile(file, runPage(events, { script, style }, now), { mode: 0o600 });
  } catch (error) {
    return refuse(`${file} cannot be written: ${(error as Error).message}`);
  }
  process.stderr.write(`The time line is in ${file}. Open it in a browser.\n`);
  return EXIT.done;
}

/** Whether a file has something in it that is not ours to write over. Of pipes and devices nothing can be lost. */
async function holdsSomethingElse(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size === 0) return false;
  return !isRunPage(await readFile(file, "utf8").catch(() => ""));
}

function refuse(words: string): number {
  process.stderr.write(`${withCommands(words)}\n`);
  return EXIT.usage;
}
