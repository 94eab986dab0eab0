/**
 * How long the command line takes beside what cannot be avoided: `npm run bench`. Everything runs in one go on one
 * machine, so ratios can be compared while absolute times cannot. Each call of stage 1 is 80 ms slower, as from another continent.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import build from "../support/build.ts";
import { createOn, destroyOn, type RunResult } from "../support/runs.ts";

const LATENCY = 80;
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface Row {
  readonly what: string;
  readonly wall: number;
  readonly result: RunResult;
}

async function stage1(concurrency: number): Promise<Row[]> {
  const sandbox = await startSandbox({ delays: "short" });
  // The first requests pay for what is loaded lazily; no row shall.
  await createOn(sandbox, { concurrency });
  await destroyOn(sandbox, { concurrency });
  sandbox.world.faults.set([{ operation: "any", effect: { latency: LATENCY } }]);
  const rows: Row[] = [];
  for (const [what, act] of [
    ["create", createOn],
    ["unchanged re-run", createOn],
    ["destroy", destroyOn],
  ] as const) {
    const started = performance.now();
    const result = await act(sandbox, { concurrency });
    rows.push({ what, wall: performance.now() - started, result });
  }
  await sandbox.close();
  return rows;
}

function printStage1(rows: readonly Row[], one: readonly Row[]): void {
  console.log(`Stage 1, every call ${LATENCY} ms slower (wall clock in ms)\n`);
  console.log("| run | wall | calls reading | calls changing | critical path | wall / path | wall at concurrency 1 |");
  console.log("|---|---|---|---|---|---|---|");
  for (const [index, { what, wall, result }] of rows.entries()) {
    const { calls, path } = result;
    const cells = [what, wall, calls.reading, calls.changing, path, (wall / path).toFixed(2), one[index]?.wall ?? 0];
    console.log(`| ${cells.map((cell) => (typeof cell === "number" ? Math.round(cell) : cell)).join(" | ")} |`);
  }
}

/** Median wall clock of each process, of `runs` in turn after one that does not count: a machine that slows down slows all. */
async function timeProcesses(rows: readonly (readonly string[])[], runs = 15): Promise<number[]> {
  const times = rows.map((): number[] => []);
  for (let run = 0; run <= runs; run += 1) {
    for (const [index, args] of rows.entries()) {
      const started = performance.now();
      await new Promise((resolve) => spawn(process.execPath, [...args], { stdio: "ignore" }).on("close", resolve));
      if (run > 0) times[index]?.push(performance.now() - started);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0);
}

async function printStartUp(): Promise<void> {
  const rows = {
    "node -e 0": ["-e", "0"],
    "bia-infra --version": [MAIN, "--version"],
    "bia-infra --help": [MAIN, "--help"],
  };
  const walls = await timeProcesses(Object.values(rows));
  console.log("\nStart-up (median of 15, in turn, ms)\n\n| process | wall | beside node -e 0 |\n|---|---|---|");
  for (const [index, what] of Object.keys(rows).entries()) {
    const wall = walls[index] ?? 0;
    console.log(`| ${what} | ${wall.toFixed(0)} | ${(wall / (walls[0] ?? 1)).toFixed(2)} |`);
  }
}

build();
printStage1(await stage1(8), await stage1(1));
await printStartUp();
