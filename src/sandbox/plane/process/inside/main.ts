/**
 * Loaded (`--require`) into every Node process of a container before the container's own code. Bundled into one
 * CommonJS file, because that is what any Node loads first and at once.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { holdLifeline } from "./lifeline.ts";
import { installNetwork } from "./network.ts";
import { installReadOnly } from "./read-only.ts";
import type { FromProcess, ScopeFile, ToProcess } from "./scope.ts";

const scope = (globalThis as { biaScope?: ScopeFile }).biaScope;

if (scope && isMainThread) tellAtTheEnd(scope);
if (scope) installReadOnly(scope.writing);

if (scope && isMainThread) {
  const lifeline = new Worker(__filename, {
    workerData: { ...scope, isLifeline: true },
    // Without NODE_OPTIONS, which would load this file as the container's.
    env: { SystemRoot: process.env.SystemRoot },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  lifeline.on("message", ({ signal }: ToProcess) => receive(signal));
  lifeline.unref();
  installNetwork(scope.network, (message) => lifeline.postMessage(message satisfies FromProcess));
} else if (scope) {
  installNetwork(scope.network, () => {});
} else if ((workerData as { isLifeline?: boolean } | null)?.isLifeline) {
  holdLifeline();
}

/** What it has used, which its lifeline has told in part or, of one that is over in a moment, not at all. */
function tellAtTheEnd({ ended }: ScopeFile): void {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    try {
      writeFileSync(join(ended, `${process.pid}`), `${user + system}`);
    } catch {
      // The sandbox is gone, or the scope has ended.
    }
  });
}

/** What a signal does where the system has none (Windows). */
function receive(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 0) process.emit(signal);
  else process.exit(128 + 15);
}
