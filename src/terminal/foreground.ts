import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a program that has this terminal to itself until it ends: Ctrl-C is its own meanwhile, and not ours. Answers its
 * exit code, as a shell would.
 *
 * @throws Error of node:child_process, `ENOENT` if there is no such program
 */
export function runInForeground(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const ours = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT");
  const leave = () => {};
  process.on("SIGINT", leave);
  const ended = new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  return ended.finally(() => {
    process.off("SIGINT", leave);
    for (const listener of ours) process.on("SIGINT", listener);
  });
}
