import type { Container } from "./engine.ts";

const COLUMNS = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"];

/**
 * What runs in a container as `docker top` prints it: its first process, whose name the sandbox knows.
 *
 * @param cpu seconds that its processes have had a processor for
 */
export function processTable({ state, argv, spec }: Container, cpu: number): string {
  const since = new Date(state.startedAt ?? 0).toISOString().slice(11, 16);
  const time = new Date(Math.floor(cpu) * 1000).toISOString().slice(11, 19);
  const row = [spec.user || "root", String(state.pid ?? 1), "1", "0", since, "?", time, argv.join(" ")];
  return [COLUMNS, row].map(line).join("");
}

/** At least 20 wide, 3 blanks between: docker's own for this command. */
function line(cells: readonly string[]): string {
  const padded = cells.map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(Math.max(20, cell.length + 3))));
  return `${padded.join("")}\n`;
}
