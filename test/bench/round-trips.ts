import { startSandbox } from "../../src/sandbox/sandbox.ts";
import type { LogEntry } from "../../src/sandbox/wire/endpoint.ts";
import { createOn, destroyOn, planOn } from "../support/runs.ts";
import { beside, printTable } from "./table.ts";

/** Milliseconds by which each call is made slower. */
const LATENCIES = [80, 150];

const RUNS = [
  ["create", createOn],
  ["plan", planOn],
  ["unchanged re-run", createOn],
  ["destroy", destroyOn],
] as const;

/** One call, in milliseconds of this process. */
interface Call {
  readonly began: number;
  readonly ended: number;
}

/** A run where AWS itself needs no time. */
interface Row {
  readonly what: string;
  readonly wall: number;
  readonly calls: readonly Call[];
}

/**
 * Calls of each command, how many of them follow one on another, and what latency makes of that: a command can be no quicker
 * than its time without latency and its round trips.
 */
export async function printRoundTrips(): Promise<void> {
  const near = await measure(0);
  const far = await inTurn(LATENCIES, measure);
  const head = ["run", "calls", "one after another", "wall at 0 ms"];
  const cells = near.map(({ what, calls, wall }, index) => {
    const depth = longestChain(far[0]?.[index]?.calls ?? []);
    const times = LATENCIES.flatMap((latency, at) => {
      const slow = far[at]?.[index]?.wall ?? 0;
      return [slow.toFixed(0), beside(slow, wall + depth * latency)];
    });
    return [what, calls.length, depth, wall.toFixed(0), ...times];
  });
  const title =
    "All stages, where AWS itself needs no time (ms; the floor is the wall at 0 ms and the latency of the calls in a row)";
  printTable(title, [...head, ...LATENCIES.flatMap((latency) => [`wall at ${latency} ms`, "beside its floor"])], cells);
}

async function inTurn<In, Out>(items: readonly In[], act: (item: In) => Promise<Out>): Promise<Out[]> {
  const all: Out[] = [];
  for (const item of items) all.push(await act(item));
  return all;
}

async function measure(latency: number): Promise<Row[]> {
  const calls: Call[] = [];
  const log = ({ milliseconds }: LogEntry) => {
    const ended = performance.now();
    calls.push({ began: ended - milliseconds, ended });
  };
  const sandbox = await startSandbox({ delays: "none", log });
  if (latency > 0) sandbox.world.faults.set([{ operation: "any", effect: { latency } }]);
  const rows: Row[] = [];
  for (const [what, act] of RUNS) {
    const before = calls.length;
    const started = performance.now();
    const { failed, tasks } = await act(sandbox);
    const wall = performance.now() - started;
    if (failed) throw new Error(`${what} failed: ${JSON.stringify(tasks)}`);
    rows.push({ what, wall, calls: calls.slice(before) });
  }
  await sandbox.close();
  return rows;
}

/** The most calls of which each begins after the one before it has ended. */
function longestChain(calls: readonly Call[]): number {
  let length = 0;
  let last = Number.NEGATIVE_INFINITY;
  // Whichever ends first leaves most room for others.
  for (const { began, ended } of [...calls].sort((one, other) => one.ended - other.ended)) {
    if (began < last) continue;
    length += 1;
    last = ended;
  }
  return length;
}
