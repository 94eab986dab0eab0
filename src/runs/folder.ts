import { homedir } from "node:os";
import path from "node:path";

/** The folder in which this user's runs are kept: XDG_STATE_HOME's, or what the platform has in its place. */
export function runsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return path.join(stateFolder(env), "bia-infra", "runs");
}

function stateFolder(env: NodeJS.ProcessEnv): string {
  if (env.XDG_STATE_HOME) return env.XDG_STATE_HOME;
  if (process.platform === "win32") return env.LOCALAPPDATA || path.join(homedir(), "AppData", "Local");
  if (process.platform === "darwin") return path.join(homedir(), "Library", "Application Support");
  return path.join(homedir(), ".local", "state");
}

/** Name of the file of a run, whose number is the order in which they began. */
export function fileName(number: number, command: string): string {
  return `${String(number).padStart(6, "0")}-${command}.ndjson`;
}

/** The run's number that a file's name says; undefined: it is no run's. */
export function numberOf(name: string): number | undefined {
  const number = /^(\d{6,})-[a-z-]+\.ndjson$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}
