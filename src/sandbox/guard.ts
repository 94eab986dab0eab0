import { Worker } from "node:worker_threads";

/** How often a guard looks whether the claim still holds, and shows that its process lives. */
const BEAT_MS = 500;

/** A process whose guard has not been heard for so long is gone. */
export const SILENT_MS = 5_000;

/**
 * Code of the thread: plain JavaScript, because a thread that imported the daemon's modules would take its time and memory.
 * The file goes before the process does, which tells whoever waits for that, also where the dead stay listed.
 */
const THREAD = `
const { existsSync, rmSync, utimesSync, writeSync } = require("node:fs");
const { file, next, beat } = require("node:worker_threads").workerData;
setInterval(() => {
  if (existsSync(next)) {
    rmSync(file, { force: true });
    try { writeSync(2, new Date().toISOString() + " ended: another process gave up on this one\\n"); } catch {}
    process.kill(process.pid, "SIGKILL");
  }
  try { utimesSync(file, new Date(), new Date()); } catch {}
}, beat);
`;

/**
 * Ends this process as soon as another one has claimed its home, whatever this one is busy with: the guard is a thread of
 * its own. Until then it shows in the claim's file that the process lives, which an id alone could not prove.
 */
export function guardClaim({ file, next }: { readonly file: string; readonly next: string }): void {
  const guard = new Worker(THREAD, {
    eval: true,
    workerData: { file, next, beat: BEAT_MS },
    resourceLimits: { maxOldGenerationSizeMb: 8 },
  });
  guard.unref();
}
