import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeHome, readRecord, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { VERSION } from "../../src/version.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { beside, printTable } from "./table.ts";

const PEAK = fileURLToPath(new URL("./peak.mjs", import.meta.url));
/** Calls of a plan, and of a create with nothing to do, that follow one on another: see round-trips.ts. */
const IN_A_ROW = 5;
const RUNS = {
  create: ["create", "--all"],
  plan: ["plan"],
  "unchanged re-run": ["create", "--all"],
  destroy: ["destroy", "--all", "--yes"],
};

/** One process of the command line from its start to its end. */
interface Row {
  /** Milliseconds. */
  readonly wall: number;
  /** MiB at most. */
  readonly peak: number;
}

/** The command line as a person starts it: wall clock and memory of each command, and the memory of a sandbox with nothing in it. */
export async function printProcesses(): Promise<void> {
  const near = await measure(0);
  const far = { 80: await measure(80), 150: await measure(150) };
  const cells = Object.keys(RUNS).map((what, index) => {
    const { wall = 0, peak = 0 } = near[index] ?? {};
    const isLook = what === "plan" || what === "unchanged re-run";
    const times = Object.entries(far).flatMap(([latency, rows]) => {
      const slow = rows[index]?.wall ?? 0;
      return [slow.toFixed(0), isLook ? beside(slow, wall + IN_A_ROW * Number(latency)) : ""];
    });
    return [what, wall.toFixed(0), ...times, peak.toFixed(0)];
  });
  const walls = Object.keys(far).flatMap((latency) => [
    `wall at ${latency} ms`,
    `beside wall at 0 ms + ${IN_A_ROW} calls`,
  ]);
  printTable(
    "Processes of the command line on all stages, where AWS itself needs no time (ms, MiB)",
    ["run", "wall at 0 ms", ...walls, "peak memory"],
    cells,
  );
  console.log(`\nA sandbox with nothing in it has ${(await emptySandbox()).toFixed(0)} MiB.`);
}

async function measure(latency: number): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-bench-"));
  const sandbox = await startSandbox({ delays: "none" });
  const home = sandboxHome({ BIA_SANDBOX_HOME: folder });
  await makeHome(home);
  await writeRecord(home, { endpoint: sandbox.endpoint, ...sandbox.keys, version: VERSION, pid: process.pid });
  if (latency > 0) sandbox.world.faults.set([{ operation: "any", effect: { latency } }]);
  const rows: Row[] = [];
  for (const args of Object.values(RUNS)) rows.push(await timeProcess(args, folder));
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
  return rows;
}

async function timeProcess(args: readonly string[], folder: string): Promise<Row> {
  const file = path.join(folder, "peak");
  const env = bareEnvironment({ BIA_SANDBOX_HOME: folder, BENCH_PEAK: file, NODE_OPTIONS: `--import=${PEAK}` });
  const started = performance.now();
  const { code, stderr } = await runCli(args, env);
  const wall = performance.now() - started;
  if (code !== 0) throw new Error(`${args.join(" ")} failed: ${stderr}`);
  return { wall, peak: Number(await readFile(file, "utf8")) / 1024 };
}

/** MiB that the daemon has once it has loaded all that it loads ahead; NaN where the system does not tell. */
async function emptySandbox(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-bench-"));
  const env = bareEnvironment({ BIA_SANDBOX_HOME: folder });
  await runCli(["sandbox", "start"], env);
  const { pid = 0 } = (await readRecord(sandboxHome({ BIA_SANDBOX_HOME: folder }))) ?? {};
  let memory = await residentOf(pid);
  // It loads in the background: over when it grows no more.
  for (let same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const now = await residentOf(pid);
    same = Math.abs(now - memory) < 0.5 ? same + 1 : 0;
    memory = now;
  }
  await runCli(["sandbox", "stop"], env);
  await rm(folder, { recursive: true, force: true });
  return memory;
}

/** MiB in memory now. (proc_pid_status(5), VmRSS) */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
