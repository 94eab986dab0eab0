/**
 * How long the command line takes beside what cannot be avoided: `npm run bench`. Everything runs in one go on one
 * machine, so ratios can be compared while absolute times cannot. Each call is 80 ms slower, as from another continent.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import build from "../support/build.ts";
import { createOn, destroyOn, type RunOptions, type RunResult } from "../support/runs.ts";

/** Milliseconds of the world's time. */
const LATENCY = 80;
const CONCURRENCY = 48;
const STAGE_1 = { only: "dev-database" };
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** What is measured in what time. */
interface Setting {
  readonly title: string;
  readonly options: RunOptions;
  readonly delays: "short" | "real";
  /** World seconds per real second. What this computer itself takes for a call counts as often, so fast clocks flatter nobody. */
  readonly speed: number;
}

const SETTINGS: readonly Setting[] = [
  { title: "Stage 1, where AWS takes about a second for everything", options: STAGE_1, delays: "short", speed: 1 },
  { title: "All stages, where AWS takes as long as in the field", options: {}, delays: "real", speed: 10 },
];

const RUNS = [
  ["create", createOn],
  ["unchanged re-run", createOn],
  ["destroy", destroyOn],
] as const;

/** A run, in milliseconds of the world's time. */
interface Row {
  readonly what: string;
  readonly wall: number;
  readonly result: RunResult;
}

/** The first requests pay for what is loaded lazily; no row shall. */
async function warmUp(): Promise<void> {
  const sandbox = await startSandbox({ delays: "none" });
  await createOn(sandbox);
  await destroyOn(sandbox);
  await sandbox.close();
}

async function measure({ options, delays, speed }: Setting, concurrency: number): Promise<Row[]> {
  const sandbox = await startSandbox({ delays, speed });
  sandbox.world.faults.set([{ operation: "any", effect: { latency: LATENCY / speed } }]);
  const rows: Row[] = [];
  for (const [what, act] of RUNS) {
    const started = performance.now();
    const result = await act(sandbox, { ...options, concurrency, longest: 600_000 });
    if (result.failed) throw new Error(`${what} failed: ${JSON.stringify(result.tasks)}`);
    rows.push({ what, wall: (performance.now() - started) * speed, result });
  }
  await sandbox.close();
  return rows;
}

async function printSetting(setting: Setting): Promise<void> {
  const rows = await measure(setting, CONCURRENCY);
  const alone = await measure(setting, 1);
  const { title, speed } = setting;
  // Concurrency is about calls: waiting for AWS takes no slot, so tasks overlap even where one call is made at a time.
  const clock =
    speed === 1 ? "" : `, on a clock ${speed} times as fast: latency and pauses run with it, this computer does not`;
  console.log(`\n${title} (seconds${clock}); every call ${LATENCY} ms slower\n`);
  console.log(
    "| run | wall | calls reading | calls changing | critical path | wall / path | wall at concurrency 1 | tasks in a row |",
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [index, { what, wall, result }] of rows.entries()) {
    const { calls, path } = result;
    const ratio = (wall / path).toFixed(2);
    const inRow = result.tasks.reduce((sum, { ms }) => sum + ms, 0);
    const times = [seconds(path), ratio, seconds(alone[index]?.wall), seconds(inRow)];
    const cells = [what, seconds(wall), calls.reading, calls.changing, ...times];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log("");
  for (const { what, result } of rows) console.log(`Critical path of ${what}: ${chainOf(result)}`);
}

/** The tasks on the critical path with the seconds that each took, whether or not the next one waited for all of it. */
function chainOf({ tasks, onPath }: RunResult): string {
  const steps = onPath.flatMap((id) => tasks.filter((task) => task.id === id));
  return steps.map(({ title, ms }) => `${title} ${seconds(ms)}`).join(" → ");
}

function seconds(ms = 0): string {
  return (ms / 1000).toFixed(1);
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
await warmUp();
for (const setting of SETTINGS) await printSetting(setting);
await printStartUp();
