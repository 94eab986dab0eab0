import { spawnSync } from "node:child_process";

/** Whether a program of this name can be run here; where it cannot, the reason for the skip is printed. */
export function peerIsHere(program: string, args: readonly string[]): boolean {
  const { error, status } = spawnSync(program, args, { stdio: "ignore", shell: process.platform === "win32" });
  const here = error === undefined && status === 0;
  if (!here) console.warn(`skipped: ${program} is not installed here, so nothing is checked against it`);
  return here;
}
