import { spawn } from "node:child_process";
import type { Socket } from "node:net";

/**
 * Ends a server once this process is gone, however it went: a shell waits for the end of its standard input, which only this
 * process holds open. Windows has no such shell; there the next start ends what was left (`orphan.ts`).
 *
 * @param signal that has the server end in order
 * @returns ends the waiting
 */
export function guard(pid: number, signal: "INT" | "TERM"): () => void {
  if (process.platform === "win32") return () => {};
  // Apart from the terminal, as the server is.
  const guardian = spawn("/bin/sh", ["-c", `read _; kill -${signal} "$0"`, String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guardian.on("error", () => {});
  guardian.unref();
  (guardian.stdin as Socket).unref();
  return () => void guardian.kill("SIGKILL");
}
