import type { SharedReads } from "./shared-reads.ts";

/** Keeps in mind that this run has launched a machine: nothing is on it but what this run has put there. */
export function keepLaunched(shared: SharedReads, instanceId: string): void {
  shared.facts.set(keyOf(instanceId), true);
}

/** Whether this run has launched the machine. */
export function isLaunchedHere(shared: SharedReads, instanceId: string): boolean {
  return shared.facts.has(keyOf(instanceId));
}

function keyOf(instanceId: string): string {
  return `launched ${instanceId}`;
}
