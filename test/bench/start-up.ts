import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beside, printTable } from "./table.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** What the command line takes before it does anything, beside a Node that does nothing. */
export async function printStartUp(): Promise<void> {
  const rows = {
    "node -e 0": ["-e", "0"],
    "bia-infra --version": [MAIN, "--version"],
    "bia-infra --help": [MAIN, "--help"],
  };
  const walls = await timeProcesses(Object.values(rows));
  const cells = Object.keys(rows).map((what, index) => {
    const wall = walls[index] ?? 0;
    return [what, wall.toFixed(0), beside(wall, walls[0] ?? 1)];
  });
  printTable("Start-up (median of 15, in turn, ms)", ["process", "wall", "beside node -e 0"], cells);
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
