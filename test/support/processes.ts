import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Command lines of the processes below a process, at any depth. Needs `ps`, so not on Windows. */
export async function descendantsOf(pid: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat=,args="]);
  const rows = stdout
    .split("\n")
    .flatMap((line) => {
      const [, id, parent, state = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return id === undefined ? [] : [{ id: Number(id), parent: Number(parent), state, command }];
    })
    .filter(({ state }) => !state.startsWith("Z"));
  const below = (parent: number): string[] =>
    rows.filter((row) => row.parent === parent).flatMap(({ id, command }) => [command, ...below(id)]);
  return below(pid);
}
