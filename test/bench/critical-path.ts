import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { createOn, destroyOn, type RunOptions, type RunResult } from "../support/runs.ts";
import { beside, printTable, seconds } from "./table.ts";

/** Milliseconds of the world's time. */
const LATENCY = 80;
const CONCURRENCY = 48;
const STAGE_1 = { only: "dev-database" };

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

/** Create, re-run and destroy beside the critical path: the longest chain of tasks that wait for each other, which nothing could beat. */
export async function printCriticalPaths(): Promise<void> {
  for (const setting of SETTINGS) await printSetting(setting);
}

async function printSetting(setting: Setting): Promise<void> {
  const rows = await measure(setting, CONCURRENCY);
  const alone = await measure(setting, 1);
  const { title, speed } = setting;
  // Concurrency is about calls: waiting for AWS takes no slot, so tasks overlap even where one call is made at a time.
  const clock =
    speed === 1 ? "" : `, on a clock ${speed} times as fast: latency and pauses run with it, this computer does not`;
  const cells = rows.map(({ what, wall, result }, index) => {
    const { calls, path, tasks } = result;
    const inRow = tasks.reduce((sum, { ms }) => sum + ms, 0);
    const times = [seconds(path), beside(wall, path), seconds(alone[index]?.wall), seconds(inRow)];
    return [what, seconds(wall), calls.reading, calls.changing, ...times];
  });
  const head = ["run", "wall", "calls reading", "calls changing", "critical path", "wall / path"];
  printTable(
    `${title} (seconds${clock}); every call ${LATENCY} ms slower`,
    [...head, "wall at concurrency 1", "tasks in a row"],
    cells,
  );
  console.log("");
  for (const { what, result } of rows) console.log(`Critical path of ${what}: ${chainOf(result)}`);
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

/** The tasks on the critical path with the seconds that each took, whether or not the next one waited for all of it. */
function chainOf({ tasks, onPath }: RunResult): string {
  const steps = onPath.flatMap((id) => tasks.filter((task) => task.id === id));
  return steps.map(({ title, ms }) => `${title} ${seconds(ms)}`).join(" → ");
}
