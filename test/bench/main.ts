/**
 * How long the command line takes beside what cannot be avoided: `npm run bench`, or some of its parts by their names. Everything
 * runs in one go on one machine, so ratios can be compared while absolute times cannot.
 */
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import build from "../support/build.ts";
import { createOn, destroyOn } from "../support/runs.ts";
import { printConsoleLoad } from "./console-load.ts";
import { printConsoleMemory } from "./console-memory.ts";
import { printCriticalPaths } from "./critical-path.ts";
import { printDeploys } from "./deploy.ts";
import { printLoadBalancer } from "./load-balancer.ts";
import { printProcesses } from "./processes.ts";
import { printRoundTrips } from "./round-trips.ts";
import { printStartUp } from "./start-up.ts";

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  "console-load": printConsoleLoad,
  "console-memory": printConsoleMemory,
  "critical-path": printCriticalPaths,
  deploy: printDeploys,
  "load-balancer": printLoadBalancer,
  "round-trips": printRoundTrips,
  processes: printProcesses,
  "start-up": printStartUp,
};

/** Parts that use neither the command line nor the sandbox's AWS. */
const ALONE = ["load-balancer"];

/** The first requests pay for what is loaded lazily; no row shall. */
async function warmUp(): Promise<void> {
  const sandbox = await startSandbox({ delays: "none" });
  await createOn(sandbox);
  await destroyOn(sandbox);
  await sandbox.close();
}

const asked = process.argv.slice(2);
const parts = asked.length === 0 ? Object.keys(PARTS) : asked;
const unknown = parts.filter((part) => !Object.hasOwn(PARTS, part));
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
if (parts.some((part) => !ALONE.includes(part))) {
  build();
  await warmUp();
}
for (const part of parts) await PARTS[part]?.();
