import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds of lateness that are caught up; a computer that stood still for longer has not asked meanwhile. */
const CAUGHT_UP = 1000;

/**
 * Calls `send` so many times a second, evenly spaced, until `signal` aborts. It waits for nobody's answer: what is slow gets as many
 * requests as what is quick.
 */
export async function openLoop(perSecond: number, signal: AbortSignal, send: () => void): Promise<void> {
  let due = performance.now();
  for (; !signal.aborted; due += 1000 / perSecond) {
    const wait = due - performance.now();
    if (wait < -CAUGHT_UP) due -= wait;
    if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {});
    if (!signal.aborted) send();
  }
}
